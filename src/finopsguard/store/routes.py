"""The route file: read and checked, kept by `finopsguard routes put` or by whoever may write to the bucket."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from finopsguard import contracts
from finopsguard.errors import InvalidInput, ObjectMissing, RoutesInvalid
from finopsguard.models.route import Route, Routes
from finopsguard.models.run import Run
from finopsguard.ports import Store
from finopsguard.store import documents, keys

KEY = keys.ROUTES.key()
_SECRET = re.compile(r"routes\[\d+\]\.webhook_secret_arn")
_REMEDY = "Put it right with `finopsguard routes put FILE`."


def read(store: Store) -> Routes:
    """The route file; raises RoutesInvalid where there is none or it cannot be used, and what ports.Store raises."""
    try:
        return checked(documents.read(store, KEY, Routes, remedy=_REMEDY))
    except ObjectMissing as error:
        raise RoutesInvalid(
            f"FINOPSGUARD_ROUTES is true and there is no {KEY}. Keep one with `finopsguard routes put FILE`, or set"
            " FINOPSGUARD_ROUTES to false."
        ) from error
    except InvalidInput as error:
        raise _invalid(error) from None


def find(store: Store, name: str) -> Route | None:
    """The route of that name; None where the file has none. Raises as `read` does."""
    return next((route for route in read(store).routes if route.name == name), None)


def parsed(data: bytes) -> Routes:
    """A route file as a customer wrote it; raises RoutesInvalid, also for a key that it does not know."""
    try:
        found = contracts.decode(Routes, data)
    except InvalidInput as error:
        raise _invalid(error) from None
    _refuse_unknown(data)
    return checked(found)


def put(store: Store, routes: Routes) -> None:
    """Keeps the file in the place of the one before it."""
    documents.write(store, KEY, checked(routes))


def routed_key(run: Run) -> str:
    """Where it is kept whose the accounts of a run's report were."""
    return keys.ROUTED.key(source=run.source, report=run.report, end=str(run.period.end), run_id=run.run_id)


def checked(routes: Routes) -> Routes:
    """The file, if each route is of some accounts and none claims what another one has; raises RoutesInvalid."""
    for name, count in Counter(route.name for route in routes.routes).items():
        if count > 1:
            raise RoutesInvalid(f"The route file has {count} routes of the name {name}. Give each its own.")
    for route in routes.routes:
        if not (route.owners or route.units or route.tags or route.accounts or route.remainder):
            raise RoutesInvalid(
                f"The route {route.name} has no accounts. Give it owners, units, tags, accounts or the remainder."
            )
    rest = [route.name for route in routes.routes if route.remainder]
    if len(rest) > 1:
        raise RoutesInvalid(f"The routes {', '.join(rest)} each have the remainder. Only one can.")
    for what in ("accounts", "owners", "units", "tags"):
        _refuse_twice(what, ((route.name, each) for route in routes.routes for each in getattr(route, what)))
    return routes


def _invalid(error: InvalidInput) -> RoutesInvalid:
    """What is wrong, without what stands in the place of a secret's ARN: it may be the secret itself."""
    said = str(error)
    if (place := _SECRET.search(said)) is None:
        return RoutesInvalid(said)
    return RoutesInvalid(
        f"The route file: {place[0]} is not the ARN of a secret. Give it that, not a URL. {_REMEDY}"
    )


def _refuse_twice(what: str, claims: Iterable[tuple[str, str]]) -> None:
    """Two claims on one account (owner, unit, tag) by name: nobody could say which one is meant."""
    known: dict[str, str] = {}
    for route, each in claims:
        if each in known:
            raise RoutesInvalid(
                f"The routes {known[each]} and {route} both have {each} among their {what}. Leave it to one of them."
            )
        known[each] = route


def _refuse_unknown(data: bytes) -> None:
    """A key that is misspelt would be passed over, as in what newer callers send."""
    document: Any = json.loads(data)
    places: list[tuple[str, Any, type[Routes] | type[Route]]] = [("The route file", document, Routes)]
    places += [(f"The route {each['name']}", each, Route) for each in document["routes"]]
    for place, given, cls in places:
        unknown = sorted(given.keys() - {each.name for each in fields(cls)})
        if unknown:
            raise RoutesInvalid(f"{place} has {', '.join(unknown)[:80]!r}, which no route file has.")
