// Action.ToggleVisibility, within the card that holds the button.
for (const button of document.querySelectorAll("button[data-targets]"))
  button.addEventListener("click", () => {
    for (const id of button.dataset.targets.split(" "))
      for (const target of button.closest("article").querySelectorAll(`[data-id="${CSS.escape(id)}"]`)) {
        target.hidden = !target.hidden;
        button.setAttribute("aria-expanded", String(!target.hidden));
      }
  });
