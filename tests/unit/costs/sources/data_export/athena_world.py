"""An export, the stand-in of Athena over it, and our bucket, for both engines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from finopsguard.aws.athena import Athena
from finopsguard.aws.clients import Clients
from finopsguard.aws.export import ExportBucket
from finopsguard.costs.scanned import Limit
from finopsguard.costs.sources.data_export import grouped
from finopsguard.costs.sources.data_export.athena import AthenaEngine
from finopsguard.costs.sources.data_export.local import LocalEngine
from finopsguard.costs.sources.data_export.manifest import Place
from finopsguard.costs.sources.data_export.source import DataExport
from finopsguard.ports import Place as Kept
from finopsguard.ports import Store
from finopsguard.store import keys
from finopsguard.store.memory import MemoryStore
from tests.standins import StandIns
from tests.standins.athena import DATABASE, TABLE, WORKGROUP, AthenaStandIn
from tests.standins.exports import BUCKET, NAME, PREFIX, ExportsStandIn
from tests.standins.s3 import BUCKET as OWN_BUCKET
from tests.standins.s3 import S3StandIn
from tests.unit.costs.sources.data_export.test_source import BATCH, DAYS, RUN

EXPORTED = replace(RUN, data_source="data_export")
PLACE = Place(BUCKET, PREFIX, NAME)
LIMIT = Limit(1, Decimal(50))
_READ: dict[tuple[Any, ...], Mapping[str, bytes]] = {}


class OwnBucket(MemoryStore):
    """Our bucket, of which Athena's stand-in writes the objects."""

    def __init__(self, s3: S3StandIn) -> None:
        super().__init__()
        self.objects = s3.objects

    def place(self, key: str) -> Kept:
        return Kept("aws", "us-east-1", OWN_BUCKET, key)


class World:
    """An export, Athena and our bucket; `waited` are the seconds between two looks."""

    def __init__(self, standins: StandIns, clients: Clients) -> None:
        self.exports = standins.exports = ExportsStandIn(lambda: standins.cost_explorer.costs)
        self.s3 = standins.s3 = S3StandIn()
        self.athena = standins.athena = AthenaStandIn(standins.sts, self.exports, self.s3)
        self.store = OwnBucket(self.s3)
        self.waited: list[float] = []
        self._clients = clients

    def bucket(self) -> ExportBucket:
        return ExportBucket(self._clients.s3(), BUCKET)

    def source(self, store: Store | None = None, *, table: str = TABLE, limit: Limit = LIMIT) -> DataExport:
        where = store or self.store
        engine = AthenaEngine(
            lambda: Athena(
                self._clients.athena,
                self._clients.glue,
                workgroup=WORKGROUP,
                database=DATABASE,
                table=table,
            ),
            self.bucket,
            PLACE,
            where,
            limit=limit,
            sleep=self.waited.append,
        )
        return DataExport(self.bucket, PLACE, where, engine)

    def fetch(self, **options: Any) -> Any:
        return self.source(**options).fetch(EXPORTED, BATCH, DAYS)

    def downloaded(self, run: Any = EXPORTED) -> Any:
        """The same as the other engine reads it."""
        return self._downloaded(run, MemoryStore())

    def downloaded_to(self, run: Any = EXPORTED) -> MemoryStore:
        """The store of the other engine; of the same delivery it is made once."""
        delivered = (
            run,
            grouped.KEPT_RESOURCES,
            frozenset((key, *what) for key, what in self.exports.objects.items()),
        )
        if delivered not in _READ:
            store = MemoryStore()
            self._downloaded(run, store)
            _READ[delivered] = dict(store.objects)
        store = MemoryStore()
        store.objects = dict(_READ[delivered])
        return store

    def _downloaded(self, run: Any, store: Store) -> Any:
        return DataExport(self.bucket, PLACE, store, LocalEngine(self.bucket, store)).fetch(run, BATCH, DAYS)

    def started(self) -> int:
        """Statements that were begun."""
        return len(self.athena.queries)

    def kept(self, kind: keys.Kind) -> list[str]:
        return [key for key in self.s3.objects if kind.matches(key)]
