"""`python -m benchmarks.causes`: labelled incidents, and which method names their cause.

--seeds N      sets of 60 incidents and 20 controls (default 5)
--first SEED   the seed of the first
--ablation     also the product with one rule removed at a time
--all          also each incident whose first cause is not right
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from benchmarks.causes import ablation
from benchmarks.causes.incidents import CONTROLS, PLAN, Incident, incidents
from benchmarks.causes.methods import METHODS, Answer, all_right, names_right
from finopsguard.incidents import causes

FIRST_SEED = 8001
"""The rules were made on seeds 1 to 6, and two of their thresholds after a look at 7001 to 7005."""
HEAD = (
    "method",
    "name right, of the dollars",
    "name and kind",
    "incidents",
    "times the first",
    "off by, half",
    "nine of ten",
)
_COMMITMENTS = ("commitment_ended", "moved_to_commitment")


def main(arguments: Sequence[str]) -> int:
    """Prints the tables; 1 if a goal is missed in usual worlds."""
    parser = argparse.ArgumentParser(prog="benchmarks.causes")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=FIRST_SEED)
    parser.add_argument("--ablation", action="store_true")
    parser.add_argument("--all", action="store_true")
    asked = parser.parse_args(arguments)
    began = time.process_time()
    missed = 0
    for hard in (False, True):
        seeds = range(asked.first, asked.first + asked.seeds)
        found = [each for seed in seeds for each in incidents(seed, hard=hard)]
        answers = {name: [method(each) for each in found] for name, method in METHODS.items()}
        print(
            f"{'hard' if hard else 'usual'} worlds, seeds {seeds[0]} to {seeds[-1]}: {len(found)} incidents\n"
        )
        print(table(found, answers), by_story(found, answers), sep="\n\n", end="\n\n")
        for name, said, held in goals(found, answers["finopsguard"]):
            print(f"{'holds' if held else 'missed'}: {name}: {said}")
            missed += not held and not hard
        if asked.ablation:
            without = {f"{rule}": given for rule, given in ablation.answers(found)}
            print("", table(found, {"finopsguard": answers["finopsguard"], **without}), sep="\n")
        if asked.all:
            print(*wrong(found, answers["finopsguard"]), sep="\n")
        print()
    print(f"{time.process_time() - began:.1f} s of CPU")
    return 1 if missed else 0


def share(found: Sequence[Incident], right: Sequence[bool]) -> Decimal:
    """The part of the dollars whose first cause is right."""
    whole = sum((abs(each.label.dollars) for each in found), Decimal(0))
    good = sum((abs(each.label.dollars) for each, ok in zip(found, right, strict=True) if ok), Decimal(0))
    return good / whole if whole else Decimal(0)


def table(found: Sequence[Incident], answers: Mapping[str, Sequence[Answer | None]]) -> str:
    """All methods side by side: the first cause's name right, and its kind too, by dollars and by incidents.

    Its dollars are off by less than the last two in half of the incidents and in nine of ten, of those whose name is
    right.
    """
    rows: list[tuple[str, ...]] = [HEAD]
    first: Decimal | None = None
    for name, given in answers.items():
        pairs = list(zip(given, found, strict=True))
        named = [names_right(answer, each) for answer, each in pairs]
        right = [all_right(answer, each) for answer, each in pairs]
        dollars = share(found, right)
        first = first or dollars
        off = _percentiles(
            _off(each, answer) for (answer, each), ok in zip(pairs, named, strict=True) if answer and ok
        )
        rows.append(
            (
                name,
                f"{share(found, named):.1%}",
                f"{dollars:.1%}",
                f"{sum(right)} of {len(right)}",
                f"{dollars / first:.2f}",
                *(f"{each:.1%}" for each in off),
            )
        )
    return _rows(rows)


def by_story(found: Sequence[Incident], answers: Mapping[str, Sequence[Answer | None]]) -> str:
    """Each story, and how often each method's first cause is right in name and kind."""
    rows = [("what happened", "incidents", *answers)]
    for story, *_ in (*PLAN, *CONTROLS):
        mine = [index for index, each in enumerate(found) if each.label.story == story]
        counts = [
            str(sum(all_right(given[index], found[index]) for index in mine)) for given in answers.values()
        ]
        rows.append((story, str(len(mine)), *counts))
    return _rows(rows)


def goals(found: Sequence[Incident], answers: Sequence[Answer | None]) -> list[tuple[str, str, bool]]:
    """What issue 12 asks of the causes, what is, and whether it holds."""
    pairs = list(zip(found, answers, strict=True))
    labelled = [(each, answer) for each, answer in pairs if not _control(each)]
    controls = [(each, answer) for each, answer in pairs if _control(each)]
    right = share([each for each, _ in labelled], [all_right(answer, each) for each, answer in labelled])
    ended = [(each, answer) for each, answer in labelled if each.label.kind == "commitment_ended"]
    told = sum(_named(answer, each) for each, answer in ended)
    false = sum(any(cause.kind in _COMMITMENTS for cause in answer.found) for _, answer in controls if answer)
    elsewhere = sum(
        any(cause.kind in _COMMITMENTS for cause in answer.found)
        for each, answer in labelled
        if answer and each.label.kind not in _COMMITMENTS
    )
    uneven = sum(not _to_the_cent(answer) for _, answer in pairs if answer)
    effects = [_effect_right(each, answer) for each, answer in pairs if answer and all_right(answer, each)]
    half, nine = _percentiles(
        _off(each, answer) for each, answer in pairs if answer and all_right(answer, each)
    )
    return [
        ("first cause right, of the dollars (95 %)", f"{right:.1%}", right >= Decimal("0.95")),
        ("a commitment that ended is named", f"{told} of {len(ended)}", told == len(ended)),
        ("and in no control", f"{false} of {len(controls)}", false == 0),
        ("nor in another story", f"{elsewhere} of {len(labelled) - len(ended)}", elsewhere == 0),
        ("quantity, price and rest to the cent, in all causes", f"{uneven} are not", uneven == 0),
        (
            "most dollars of the first cause in the right effect (95 %)",
            f"{sum(effects)} of {len(effects)}",
            sum(effects) >= 0.95 * len(effects),
        ),
        (
            "its dollars against what happened: half are nearer than (10 %), nine of ten than",
            f"{half:.1%}, {nine:.1%}",
            half <= Decimal("0.1"),
        ),
    ]


def _control(incident: Incident) -> bool:
    return incident.label.story.startswith("control")


def _named(answer: Answer | None, incident: Incident) -> bool:
    """True if one of the causes is a commitment that ended, of what was covered."""
    right = incident.label.right
    return answer is not None and any(
        cause.kind == incident.label.kind
        and ((cause.value, cause.region) in right or cause.dimension == causes.OTHERS)
        for cause in answer.found
    )


def _to_the_cent(answer: Answer) -> bool:
    return all(
        (cause.quantity_effect or 0) + (cause.price_effect or 0) + (cause.rest or 0) == cause.impact
        for cause in answer.found
    )


def _effect_right(incident: Incident, answer: Answer) -> bool:
    """True if most of the first cause's dollars are where they should be."""
    first = answer.found[0]
    part = first.quantity_effect if incident.label.by == "quantity" else first.price_effect
    return part is not None and abs(first.impact - part) <= abs(first.impact) / 2


def _off(incident: Incident, answer: Answer) -> Decimal:
    """The part by which the first cause's dollars differ from what happened to it."""
    first = answer.found[0] if answer.found else None
    keys = {(answer.usage_type, answer.region)}
    if first and first.kind == "switched" and first.from_value:
        keys.add((first.from_value, first.from_region or first.region))
    truth = sum(
        (
            dollars
            for (usage_type, region), dollars in incident.label.by_key.items()
            if (usage_type, region) in keys or (usage_type, None) in keys
        ),
        Decimal(0),
    )
    return abs(answer.dollars - truth) / max(abs(truth), Decimal("0.01"))


def _percentiles(parts: Iterable[Decimal]) -> tuple[Decimal, Decimal]:
    ranked = sorted(parts) or [Decimal(0)]
    return ranked[len(ranked) // 2], ranked[len(ranked) * 9 // 10]


def wrong(found: Sequence[Incident], answers: Sequence[Answer | None]) -> Iterator[str]:
    """What is not right, for whoever looks for the reason."""
    for index, (each, answer) in enumerate(zip(found, answers, strict=True)):
        if all_right(answer, each):
            continue
        label = each.label
        yield f"{index} {label.story}: {label.kind} {sorted(label.right)} {label.dollars:.2f} in {len(each.days)} days"
        for cause in answer.found[:4] if answer else ():
            yield f"    {cause.kind} {cause.value} {cause.region} {cause.from_value} {cause.impact}"


def _rows(rows: Sequence[tuple[str, ...]]) -> str:
    head, *lines = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([head, "| --- |" + " ---: |" * (len(rows[0]) - 1), *lines])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
