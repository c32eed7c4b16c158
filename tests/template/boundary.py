"""Writes deploy/permissions-boundary.yaml: every action that a role of the stack uses, and no other.

`python -m tests.template.permissions` calls it. The roles' statements are held to recorded runs in both directions
(tests/template/test_recorded.py), so the actions of all of them are the actions that are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from tests.template import stack

FILE = stack.ROOT / "deploy" / "permissions-boundary.yaml"

_HEAD = """\
# Written by `python -m tests.template.permissions` from the roles of template.yaml, which are held to recorded runs.
AWSTemplateFormatVersion: "2010-09-09"
Description: >-
  FinOps Guard: a permissions boundary with the actions that it uses and no other. It grants nothing; with it a role of
  the stack can never do more, whatever is attached to it. Deploy it first and give its ARN as PermissionsBoundaryArn.

Resources:
  Boundary:
    Type: AWS::IAM::ManagedPolicy
    Metadata:
      checkov:
        skip:
          - {id: CKV_AWS_107, comment: A boundary grants nothing; it bounds what the roles are granted by name.}
          - {id: CKV_AWS_108, comment: A boundary grants nothing; it bounds what the roles are granted by name.}
          - {id: CKV_AWS_111, comment: A boundary grants nothing; it bounds what the roles are granted by name.}
    Properties:
      Description: What FinOps Guard uses; bounds the roles of its stack
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          # Resources are named by the roles: a boundary is there before the stack, and serves all stacks.
          - Sid: Used
            Effect: Allow
            Action:
"""

_TAIL = """\
            Resource: "*"

Outputs:
  PermissionsBoundaryArn:
    Description: The parameter PermissionsBoundaryArn of the stack
    Value: !Ref Boundary
"""


def used() -> list[str]:
    """All actions of all roles, by name."""
    return sorted(
        {
            str(action)
            for role in stack.resources("AWS::IAM::Role")
            for statement in stack.statements(role)
            for action in stack.as_list(statement["Action"])
        }
    )


def text() -> str:
    """The file."""
    return _HEAD + "".join(f"              - {action}\n" for action in used()) + _TAIL


@cache
def statements() -> list[Mapping[str, object]]:
    """The boundary's statements, as the file has them."""
    properties = stack.loaded(FILE)["Resources"]["Boundary"]["Properties"]
    found: list[Mapping[str, object]] = properties["PolicyDocument"]["Statement"]
    return found
