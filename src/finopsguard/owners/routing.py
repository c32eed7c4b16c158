"""Whose each account of a report is: the first route of the file that has it, so it is in exactly one card."""

from __future__ import annotations

from collections.abc import Sequence

from finopsguard.models.report import AccountCost, MissingAccount, Report
from finopsguard.models.route import Route, Routed, RoutedPart, Routes

Whose = AccountCost | MissingAccount


def everybody(report: Report) -> list[Whose]:
    """All accounts of a report, those that could not be read too."""
    return [*report.accounts, *report.coverage.missing]


def routed(report: Report, routes: Routes) -> Routed:
    """The accounts of each route, those that could not be read too; what no route has is in no part.

    An account is counted with the owner that it has now, with all days of the report.
    """
    parts: dict[str, list[str]] = {route.name: [] for route in routes.routes}
    for account in everybody(report):
        route = _first(account, routes.routes)
        if route is not None:
            parts[route.name].append(account.id)
    made = tuple(
        RoutedPart(route.name, tuple(sorted(parts[route.name])), report.report in route.reports)
        for route in routes.routes
    )
    return Routed(report.run_id, routes.organization, made)


def _first(account: Whose, routes: Sequence[Route]) -> Route | None:
    """The remainder takes what no route claims, wherever it stands in the file."""
    claims = (route for route in routes if _claims(route, account))
    return next(claims, None) or next((route for route in routes if route.remainder), None)


def _claims(route: Route, account: Whose) -> bool:
    tags = {f"{key}={value}" for key, value in (account.tags or {}).items()}
    units = set((account.ou or "").split("/"))
    return (
        account.id in route.accounts
        or account.owner in route.owners
        or not units.isdisjoint(route.units)
        or not tags.isdisjoint(route.tags)
    )


def joined(now: Routed, before: Routed | None, channel: str) -> tuple[tuple[str, ...], int]:
    """The accounts of a channel that another one had in the report before, and how many it had that another has now.

    An account that is new, or gone, has not changed its owner.
    """
    then, today = _by_account(before), _by_account(now)
    moved = [each for each in today if each in then and today[each] != then[each]]
    came = tuple(sorted(each for each in moved if today[each] == channel))
    return came, sum(then[each] == channel for each in moved)


def _by_account(found: Routed | None) -> dict[str, str]:
    return {each: part.channel for part in (found.parts if found else ()) for each in part.accounts}
