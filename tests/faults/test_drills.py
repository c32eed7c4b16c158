"""One of the drills; `make faults` kills a run at each of its points, and has all others."""

from __future__ import annotations

from tests.faults import drills
from tests.faults.drills import Point
from tests.sweeps import exhaustive


@exhaustive(beside="tests/workflow/test_uncertain.py::test_it_is_asked_once_and_the_answer_leads_to_one_card")
def test_a_run_that_is_killed_after_its_post_is_made_good_by_the_next() -> None:
    assert drills.kill(Point("after request", 0, "teams:post")) == []
