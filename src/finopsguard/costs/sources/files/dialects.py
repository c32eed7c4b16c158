"""The dialects that have a row for each charge, as tables of columns; a name is compared without case and signs.

`lineItem/UsageStartDate`, `line_item_usage_start_date` and `LineItemUsageStartDate` are one name. CUR and FOCUS as
AWS documents their columns; a plain file may have any of the names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from finopsguard.errors import InvalidInput

Role = str
"""day, account, service, cost, kind, currency or period."""


@dataclass(frozen=True)
class Dialect:
    """A row for each role: the names that a column of it may have, the best first.

    Of `account` and `service` a row takes the first that is not empty in it; of the others the file has one. A cost's
    words say which it is. `lines`: a row is a line of a bill, so that a day's service may be in several files of one
    export.
    """

    name: str
    day: Sequence[str]
    account: Sequence[str]
    service: Sequence[str]
    cost: Mapping[str, str]
    kind: Sequence[str]
    currency: Sequence[str]
    period: Sequence[str] = ()
    lines: bool = True


CUR = Dialect(
    "CUR",
    day=("lineitemusagestartdate",),
    account=("lineitemusageaccountid",),
    service=("productservicecode", "lineitemproductcode"),
    cost={
        "lineitemunblendedcost": "unblended",
        "lineitemnetunblendedcost": "net unblended",
        "lineitemblendedcost": "blended",
    },
    kind=("lineitemlineitemtype",),
    currency=("lineitemcurrencycode",),
    period=("billbillingperiodstartdate",),
)
FOCUS = Dialect(
    "FOCUS",
    day=("chargeperiodstart",),
    account=("subaccountid", "billingaccountid"),
    service=("servicename", "xservicecode"),
    cost={"effectivecost": "effective", "billedcost": "billed"},
    kind=("chargecategory",),
    currency=("billingcurrency",),
    period=("billingperiodstart",),
)
PLAIN = Dialect(
    "plain table",
    day=("date", "day", "usagedate", "fecha", *CUR.day, *FOCUS.day),
    account=(
        *("accountid", "account", "linkedaccountid", "linkedaccount", "usageaccountid", "cuenta"),
        *CUR.account,
        *FOCUS.account,
    ),
    service=("service", "servicio", *CUR.service, *FOCUS.service),
    cost={
        **dict.fromkeys(("cost", "amount", "coste", "costo", "importe"), ""),
        "unblendedcost": "unblended",
        **CUR.cost,
        **FOCUS.cost,
    },
    kind=("recordtype", "chargetype", "lineitemtype", *CUR.kind, *FOCUS.kind),
    currency=("currency", "currencycode", "moneda", *CUR.currency, *FOCUS.currency),
    lines=False,
)
_LEGACY_CUR = re.compile(r"/|^product_product_name$|^resource_tags_user_")
_FOCUS_VERSIONS = (
    ("1.2", {"invoiceid", "billingaccounttype", "subaccounttype", "pricingcurrency"}),
    (
        "1.1",
        {
            "servicesubcategory",
            "skumeter",
            "skupricedetails",
            "commitmentdiscountquantity",
            "capacityreservationid",
        },
    ),
)
"""A version by columns that the one before has not."""
_NAMED = {"date": "day", "account_id": "account", "service": "service", "cost": "cost"}


@dataclass(frozen=True)
class Layout:
    """The columns of a file, by role, as it names them."""

    dialect: Dialect
    version: str
    metric: str
    columns: Mapping[Role, Sequence[str]]

    @property
    def name(self) -> str:
        """The dialect with its version."""
        return f"{self.dialect.name} {self.version}".strip()


def canonical(name: str) -> str:
    """A column's name without case and signs."""
    return re.sub(r"[\W_]", "", name.casefold())


def lay_out(file: str, header: Sequence[str]) -> Layout:
    """The layout of a header. Raises InvalidInput, which names what is missing."""
    known: dict[str, str] = {}
    for name in header:
        known.setdefault(canonical(name), name)
    dialect = next(
        (each for each in (CUR, FOCUS) if each.day[0] in known and set(each.cost) & set(known)), PLAIN
    )
    wanted = {
        "day": dialect.day,
        "account": dialect.account,
        "service": dialect.service,
        "cost": tuple(dialect.cost),
        "kind": dialect.kind,
        "currency": dialect.currency,
        "period": dialect.period,
    }
    columns = {role: [known[name] for name in names if name in known] for role, names in wanted.items()}
    for asked, role in _NAMED.items():
        if not columns[role]:
            had = ", ".join(header)
            raise InvalidInput(
                f"{file} has no column for {asked}; it has {had[:300]}. Name one {' or '.join(wanted[role][:4])}."
            )
    several = ("account", "service") if dialect.lines else ()
    columns = {role: names if role in several else names[:1] for role, names in columns.items()}
    metric = dialect.cost[canonical(columns["cost"][0])]
    return Layout(dialect, _version(dialect, header, known), metric, columns)


def is_day(name: str) -> bool:
    """Whether a column of that name has days."""
    return canonical(name) in PLAIN.day


def _version(dialect: Dialect, header: Sequence[str], known: Mapping[str, str]) -> str:
    if dialect is CUR:
        return "1.0" if any(_LEGACY_CUR.search(name) for name in header) else "2.0"
    if dialect is FOCUS:
        return next((version for version, columns in _FOCUS_VERSIONS if columns & set(known)), "1.0")
    return ""
