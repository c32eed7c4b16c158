"""Imported by the process from which the drills' children are forked: what each of them would else do anew.

No thread is started here, no connection made and no database opened: a child could not use what it inherits of those.
"""

from __future__ import annotations

import json

import boto3
import duckdb
import jinja2

from finopsguard import resources
from finopsguard.aws.clients import Clients
from finopsguard.engine import functions, moto_hooks
from finopsguard.engine.embedded import load_definition
from tests.faults import child

_USED = (boto3, duckdb, jinja2, child)

moto_hooks._program(json.dumps(load_definition("us-east-1")))
for _path in resources.folder("functions").glob("*/app.py"):
    functions._load(_path.parent.name)
_clients = Clients("us-east-1")
for _make in (
    _clients.s3,
    _clients.sts,
    _clients.secrets_manager,
    _clients.organizations,
    _clients.cost_explorer,
):
    _make()
