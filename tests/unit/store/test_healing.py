"""What becomes of each kind of object in the store when it is missing or damaged: what the table of keys decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, partial

import pytest

from finopsguard import contracts
from finopsguard.errors import DeliveryUncertain, InvalidInput, ObjectMissing
from finopsguard.models.ledger import DeliveryDecision, OpinionScore
from finopsguard.models.messages import Message
from finopsguard.models.run import AccountList
from finopsguard.store import documents, files, healing, keys
from finopsguard.store.keys import Kind
from finopsguard.store.memory import MemoryStore
from tests.sweeps import sampled
from tests.unit.store.mornings import TUESDAY, WEDNESDAY, Mornings

OF_TUESDAY, OF_WEDNESDAY = "daily-2026-11-15", "daily-2026-11-16"
KINDS = {name: kind for name, kind in vars(keys).items() if isinstance(kind, Kind)}


def changed(data: bytes) -> bytes:
    """One bit is another; of a JSON document a digit, so that it is JSON still."""
    place = next(
        (at for at in range(len(data) // 2, len(data)) if data[at : at + 1].isdigit()), len(data) // 2
    )
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


DAMAGES: Mapping[str, Callable[[bytes], bytes | None]] = {
    "missing": lambda data: None,
    "empty": lambda data: b"",
    "half": lambda data: data[: len(data) // 2],
    "garbage": lambda data: b"\xff\x00garbage" * 20,
    "no object": lambda data: b"[]",
    "deep": lambda data: b"[" * 100_000,
    "changed": changed,
}


def damage(store: MemoryStore, key: str, how: str) -> None:
    left = DAMAGES[how](store.objects.pop(key))
    if left is not None:
        store.objects[key] = left


@cache
def after_tuesday() -> Mapping[str, bytes]:
    stack = Mornings()
    assert stack.report(TUESDAY) is None
    assert stack.alert(TUESDAY) is None
    stack.decide(OF_TUESDAY)
    stack.plan()
    return stack.store.objects


@cache
def undamaged() -> Mornings:
    """Wednesday's report, where nothing was damaged."""
    stack = Mornings(dict(after_tuesday()))
    assert stack.report(WEDNESDAY) is None
    return stack


def first_of(kind: Kind, objects: Mapping[str, bytes], part: str = "") -> str:
    return min(key for key in objects if kind.matches(key) and part in key)


# ---- no reader takes a damaged object for a whole one ----------------------------------------------------------------


READ: Mapping[str, Callable[[MemoryStore, str], object]] = {
    "BATCH_COSTS": files.read_costs,
    "COSTS": files.read_costs,
    "MESSAGE": lambda store, key: files.read_message(store, _named(key)),
    "CORRECTION": lambda store, key: files.read_message(store, _named(key)),
}
"""How what is no JSON document is read."""


def _named(key: str) -> Message:
    return files.message_of("teams", key, undamaged().store.objects[key])


def contract(name: str) -> type:
    from finopsguard.models import (
        cause,
        event,
        forecast,
        incident,
        ledger,
        messages,
        report,
        route,
        run,
        telling,
        verdict,
    )

    wanted = {"told": "Told", "batch_costs": "BatchCosts", "incident_life": "IncidentLife"}.get(name)
    title = wanted or "".join(part.title() for part in name.split("_"))
    found: type = next(
        vars(each)[title]
        for each in (run, messages, report, ledger, incident, forecast, cause, event, route, verdict, telling)
        if title in vars(each)
    )
    assert contracts.contract_name(found) == name
    return found


@sampled(every=3)
@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.schema or name in READ])
def test_what_is_damaged_is_never_taken_for_whole(name: str, how: str) -> None:
    kind = KINDS[name]
    read = READ.get(name) or partial(_read_document, cls=contract(kind.schema or ""))
    store = MemoryStore()
    store.objects = dict(undamaged().store.objects)
    # It comes with the findings of AWS, which nobody asks for here.
    score = OpinionScore(OF_WEDNESDAY, "daily", WEDNESDAY, ("ours",), (), ())
    documents.write(store, keys.OPINION.key(source="aws", end=str(WEDNESDAY), run_id=OF_WEDNESDAY), score)
    key = first_of(kind, store.objects)
    read(store, key)
    damage(store, key, how)
    with pytest.raises(ObjectMissing if how == "missing" else InvalidInput) as error:
        read(store, key)
    assert key in str(error.value)
    assert kind.remedy in str(error.value) or how == "missing"


def _read_document(store: MemoryStore, key: str, *, cls: type) -> object:
    return documents.read(store, key, cls)


# ---- and what becomes of it ------------------------------------------------------------------------------------------


def of_the_run(kind: Kind) -> tuple[Mornings, str, str]:
    """Wednesday's report, of which an object is halved as soon as it is there, what ended it; and it is run again."""
    stack = Mornings(dict(after_tuesday()))
    hit: list[str] = []

    def hurt() -> None:
        found = [key for key in stack.store.objects if kind.matches(key) and OF_WEDNESDAY in key]
        if found and not hit:
            hit.extend(found[:1])
            damage(stack.store, found[0], "half")

    ended = stack.report(WEDNESDAY, hurt)
    assert hit, f"no step wrote {kind.pattern}"
    assert stack.report(WEDNESDAY) is None
    assert len(stack.channel.posts) == len(undamaged().channel.posts), "each card once"
    if len(stack.source.fetched) == len(undamaged().source.fetched):  # else another price is on it
        assert stack.channel.posts == undamaged().channel.posts, "and the same"
    return stack, hit[0], str(ended or "")


@sampled(every=8)
@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.damaged == "written anew"])
def test_what_a_step_left_is_named_and_written_anew_by_a_run_from_the_first(name: str) -> None:
    kind = KINDS[name]
    stack, key, ended = of_the_run(kind)
    read_by_a_step = set(kind.readers) - set(kind.writers) != set()
    assert (key in ended and "first step (a new execution, no redrive)" in ended) == read_by_a_step
    assert len(stack.source.fetched) == len(undamaged().source.fetched), "nothing is paid again"
    if read_by_a_step and kind is not keys.REPORT:
        assert stack.store.objects[key] == undamaged().store.objects[key]
    else:  # the run that is made again knows what the first one told: its cards were posted before SendEvents
        assert stack.told(OF_WEDNESDAY).totals == undamaged().told(OF_WEDNESDAY).totals


@pytest.mark.parametrize(
    "name", ["BATCH_COSTS", "RECEIPT"]
)  # a slice is in tests/unit/costs/test_fetching.py
def test_a_batch_is_read_again(name: str) -> None:
    stack, key, ended = of_the_run(KINDS[name])
    hurts = name == "BATCH_COSTS"
    assert (key in ended and "first step" in ended) == hurts
    assert len(stack.source.fetched) == len(undamaged().source.fetched) + hurts, "the others are not"
    assert stack.told(OF_WEDNESDAY).totals == undamaged().told(OF_WEDNESDAY).totals


@sampled(every=4)
@pytest.mark.parametrize("how", ["missing", "half", "garbage", "changed"])
def test_a_month_of_the_history_that_is_damaged_is_bought_again(how: str) -> None:
    """Tuesday's is all that is held: without it Wednesday reads everything, as Tuesday did."""
    whole = undamaged()
    stack = Mornings(dict(after_tuesday()))
    for key in [key for key in stack.store.objects if keys.HISTORY.matches(key)]:
        damage(stack.store, key, how)
    assert stack.report(WEDNESDAY) is None
    days = [sum(each.days for each in batch.slices) for batch in stack.source.fetched]
    assert days == [46, 46, 46], "45 days until the end of the period, and the newer one; of Regions too"
    assert [sum(each.days for each in batch.slices) for batch in whole.source.fetched] == [4, 4, 4]
    assert stack.told(OF_WEDNESDAY).totals == whole.told(OF_WEDNESDAY).totals
    held = [key for key in stack.store.objects if keys.HISTORY.matches(key)]
    assert len({keys.HISTORY.parts(key)["month"] for key in held}) == 2  # type: ignore[index]


@sampled(every=4)
@pytest.mark.parametrize(
    "name",
    [name for name, kind in KINDS.items() if kind.damaged in ("left out", "told again", "not kept")],
)
def test_what_is_left_out_stops_no_card(name: str) -> None:
    _, _, ended = of_the_run(KINDS[name])
    assert ended == ""


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.damaged == "done without"])
def test_causes_that_are_lost_are_not_paid_again_and_the_report_says_that_it_lacks_them(name: str) -> None:
    stack = Mornings(dict(after_tuesday()))
    lost: list[str] = []

    def lose() -> None:
        found = [key for key in stack.store.objects if KINDS[name].matches(key) and OF_WEDNESDAY in key]
        if found and not lost:
            lost.append(min(found))
            damage(stack.store, lost[0], "half")

    for _ in range(2):
        assert stack.report(WEDNESDAY, lose) is None
        told, whole = stack.told(OF_WEDNESDAY), undamaged().told(OF_WEDNESDAY)
        assert lost and told.totals == whole.totals
        assert told.cost_explorer == whole.cost_explorer
        (note,) = (note for note in told.notes if note not in whole.notes)
        assert note.startswith("causes_missing:")
        assert [bool(line.causes) for line in told.anomalies].count(False) == 1


def next_morning(kind: Kind, how: str) -> Mornings:
    """Wednesday's report after a record of Tuesday's was damaged."""
    stack = Mornings(dict(after_tuesday()))
    damage(stack.store, first_of(kind, stack.store.objects), how)
    assert stack.report(WEDNESDAY) is None
    return stack


@sampled(every=9)
@pytest.mark.parametrize("how", ["half", "changed"])
@pytest.mark.parametrize(
    "name",
    [
        name
        for name, kind in KINDS.items()
        # The monthly report alone reads what AWS found (tests/unit/incidents/test_looking_back.py).
        if kind.damaged in ("passed over", "begun anew", "made out") and kind != keys.OPINION
    ],
)
def test_a_record_that_cannot_be_read_stops_no_report_and_is_said(name: str, how: str) -> None:
    kind = KINDS[name]
    stack = next_morning(kind, how)
    note = f"{kind.prefix[:-1]}_unreadable"
    said = stack.told(OF_WEDNESDAY)
    assert said.notes.count(note) == 1
    whole = undamaged().told(OF_WEDNESDAY)
    assert (said.period, said.totals, said.run_id) == (whole.period, whole.totals, whole.run_id)
    assert len(stack.channel.posts) == len(undamaged().channel.posts) - (name == "TOLD"), (
        "no correction of what is unknown"
    )
    if kind.damaged == "begun anew":
        documents.read(stack.store, first_of(kind, stack.store.objects), AccountList)


def test_a_post_of_which_nothing_is_known_is_asked_about_and_not_repeated() -> None:
    stack = Mornings(dict(after_tuesday()))
    key = first_of(keys.DELIVERY, stack.store.objects)
    damage(stack.store, key, "half")
    ended = stack.report(TUESDAY)
    assert isinstance(ended, DeliveryUncertain)
    assert f"deliveries resolve {keys.attempt_id(key)}" in str(ended)
    assert stack.channel.posts == []


def test_a_failure_of_which_nothing_is_known_stops_no_report() -> None:
    said = next_morning(keys.FAILED, "half").told(OF_WEDNESDAY)
    assert (said.notes, said.totals) == ((), undamaged().told(OF_WEDNESDAY).totals)


def test_a_decision_of_which_nothing_is_known_is_replaced_by_the_next() -> None:
    stack = Mornings(dict(after_tuesday()))
    first = first_of(keys.DELIVERY, stack.store.objects)
    attempt = keys.DELIVERY.parts(first) or {}
    damage(stack.store, first, "half")
    key = keys.DECISION.key(**attempt, command="resolve")
    stack.store.objects[key] = stack.store.objects[first]
    stack.resolve(keys.attempt_id(first))
    assert documents.read(stack.store, key, DeliveryDecision).decision == "posted"


@sampled(every=10)
@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.damaged == "only there"])
def test_of_what_only_has_to_be_there_nothing_is_read(name: str) -> None:
    kind = KINDS[name]
    stack = Mornings(dict(after_tuesday()))
    stack.store.objects.setdefault(keys.REFUSED.key(run_id=OF_TUESDAY, reading="0"), b"")
    # These come with a data export, and with an incident, of which Tuesday has none.
    if kind in (keys.SCANNED, keys.UNLOAD_ENDED, keys.SENT_EVENT):
        stack.store.objects[kind.key(**dict.fromkeys(re.findall(r"\{(\w+)\}", kind.pattern), "1"))] = b""
    whole = Mornings(dict(stack.store.objects))
    damage(stack.store, first_of(kind, stack.store.objects), "garbage")
    for make in (Mornings.report, Mornings.alert):
        assert str(make(stack, TUESDAY)) == str(make(whole, TUESDAY))
    assert stack.channel.posts == whole.channel.posts == [], "nothing is posted or told again"


def test_each_decision_is_explained_and_made() -> None:
    assert {kind.damaged for kind in keys.TABLE} == set(healing.HEALING)
