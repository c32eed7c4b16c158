"""The card's budgets: a verdict, a bar of blocks and the numbers, so that colour is never the only sign."""

from __future__ import annotations

from finopsguard.channels.teams.elements import SMALL, Element, text, text_run
from finopsguard.channels.teams.ladder import Form
from finopsguard.report import month
from finopsguard.report.month import BudgetLine
from finopsguard.report.story import Story


def elements(story: Story, form: Form) -> list[Element]:
    """The most urgent budgets, as many as the form has room for; nothing where none is set.

    One that is exceeded, or will be, stands first, and is shown wherever there is room for none.
    """
    found = month.budgets(story)
    urgent = 1 if found and found[0].tone == "bad" else 0
    shown = found[: max(form.budgets, urgent)]
    if not shown:
        return []
    made = [text(text_run(story.t("section.budgets"), bold=True), separator=True, spacing="Medium")]
    for line in shown:
        made += _line(line)
    hidden = month.more(story, len(found) - len(shown))
    return [*made, text(text_run(hidden, **SMALL), spacing="Small")] if hidden else made


def _line(line: BudgetLine) -> list[Element]:
    said = " · ".join(filter(None, (line.spent, line.end)))
    bar = [text_run(f"{line.bar} ", size="Small", colour="Accent")] if line.bar else []
    return [
        text(text_run(f"{line.name}: ", bold=True), text_run(line.state, tone=line.tone), spacing="Small"),
        text(*bar, text_run(said, **SMALL), spacing="None"),
    ]
