// Sorting and filtering of the tables; without script every row is shown in its first order.
for (const table of document.querySelectorAll("table[data-rows]")) {
  const body = table.tBodies[0], rows = [...body.rows], section = table.closest("section");
  const filter = section.querySelector("input[type=search]"), all = section.querySelector(".all"), status = section.querySelector("[role=status]");
  const limit = 20;
  let open = rows.length <= limit, texts;

  const show = () => {
    const words = filter ? filter.value.toLowerCase().split(/\s+/).filter(Boolean) : [];
    if (words.length) texts ??= rows.map(row => row.textContent.toLowerCase());
    let shown = 0;
    rows.forEach((row, index) => {
      const hit = words.every(word => texts[index].includes(word));
      row.hidden = !hit;
      shown += hit;
    });
    body.classList.toggle("short", !open && !words.length);
    if (all) all.hidden = open || words.length > 0;
    if (status) status.textContent = words.length ? status.dataset.words.replace("{shown}", shown.toLocaleString(document.documentElement.lang)) : "";
  };

  table.querySelectorAll("th button").forEach(button => button.addEventListener("click", () => {
    const head = button.closest("th"), index = head.cellIndex;
    const up = head.getAttribute("aria-sort") === "descending" || (head.getAttribute("aria-sort") === null && !head.classList.contains("number"));
    table.querySelectorAll("th[aria-sort]").forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = row => row.cells[index].dataset.value;
    const numeric = head.classList.contains("number");
    const compare = numeric ? (a, b) => Number(key(a) || -1e300) - Number(key(b) || -1e300)
      : (a, b) => key(a).localeCompare(key(b), document.documentElement.lang, { numeric: true });
    body.append(...[...body.rows].sort((a, b) => up ? compare(a, b) : compare(b, a)));
  }));
  if (filter) filter.addEventListener("input", show);
  if (all) all.addEventListener("click", () => { open = true; show(); rows[limit].querySelector("a, td").focus(); });
  show();
}
