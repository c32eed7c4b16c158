"""What IAM would answer to a role of template.yaml, by its documented logic: a deny, else an allow, else no.

Takes the template's own text with parameters put in, the bucket's policy and the boundary. What lies outside of the
template is not known here: the policy of a role in another account, of the secret, of a key of the customer's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from tests.template import boundary, stack

ACCOUNT, REGION, STACK = "111122223333", "eu-west-1", "finops-guard"
_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::StackName": STACK,
    "AWS::URLSuffix": "amazonaws.com",
}
_HERE = f"{REGION}:{ACCOUNT}"
_ARN = {
    "AWS::S3::Bucket": "arn:aws:s3:::finops-guard-reports",
    "AWS::Serverless::Function": f"arn:aws:lambda:{_HERE}:function:{STACK}-{{}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{STACK}-{{}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{_HERE}:{STACK}-{{}}",
    "AWS::SNS::Topic": f"arn:aws:sns:{_HERE}:{STACK}-{{}}",
    "AWS::KMS::Key": f"arn:aws:kms:{_HERE}:key/{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{_HERE}:log-group:/{STACK}/{{}}:*",
    "AWS::Events::Rule": f"arn:aws:events:{_HERE}:rule/{STACK}-{{}}",
    "AWS::Serverless::StateMachine": f"arn:aws:states:{_HERE}:stateMachine:{STACK}",
    # A reference to a workgroup is its name.
    "AWS::Athena::WorkGroup": f"{STACK}-{{}}",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{_HERE}:secret:{{}}-AbCdEf",
    "AWS::IAM::ManagedPolicy": f"arn:aws:iam::{ACCOUNT}:policy/{{}}",
    "AWS::IAM::OIDCProvider": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com",
    "AWS::ECS::Cluster": f"arn:aws:ecs:{_HERE}:cluster/{STACK}",
    "AWS::ECS::TaskDefinition": f"arn:aws:ecs:{_HERE}:task-definition/{STACK}:1",
}
_NOTHING = object()


@dataclass(frozen=True)
class Call:
    """A call to AWS: its action, the resource's ARN (`*`: it has none), and what else IAM knows of the request."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict, hash=False)


def arn(name: str, template: Mapping[str, Any] | None = None) -> str:
    """The ARN of a resource of a stack, by default template.yaml's, as the check invents it."""
    kind = (template or stack.template())["Resources"][name]["Type"]
    return _ARN[kind].format(name)


def allows(role: str, call: Call, parameters: Mapping[str, str], *, bounded: bool = False) -> bool:
    """True if nothing in the stack keeps the role from the call; `bounded`: under the boundary as well."""
    known = {**call.context, "aws:PrincipalArn": arn(role), "aws:SecureTransport": "true"}
    asked = Call(call.action, call.resource, known)
    if says("Deny", bucket_policy(parameters), asked):
        return False
    if bounded and not says("Allow", boundary.statements(), asked):
        return False
    return says("Allow", statements(role, parameters), asked)


def statements(role: str, parameters: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """A role's statements with the parameters put in; those whose condition does not hold are gone."""
    return list(_statements(role, tuple(sorted(parameters.items()))))


@cache
def _statements(role: str, given: tuple[tuple[str, str], ...]) -> Sequence[Mapping[str, Any]]:
    """A world's statements are made once: each attempt in it is tried under every role."""
    parameters = dict(given)
    properties = stack.resources("AWS::IAM::Role")[role]
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    return [
        each
        for document in [*documents, *stack.managed_policies(role)]
        for each in resolved(document, parameters).get("Statement", ())
    ]


def bucket_policy(parameters: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """The statements of the bucket's policy."""
    return list(_of_the_bucket(tuple(sorted(parameters.items()))))


@cache
def _of_the_bucket(given: tuple[tuple[str, str], ...]) -> Sequence[Mapping[str, Any]]:
    (policy,) = stack.resources("AWS::S3::BucketPolicy").values()
    found: list[Mapping[str, Any]] = resolved(policy["PolicyDocument"], dict(given))["Statement"]
    return found


def says(effect: str, found: Iterable[Mapping[str, Any]], call: Call) -> bool:
    """True if one of these statements, resolved, has that effect on the call."""
    return any(
        each["Effect"] == effect
        and _matches(each["Action"], call.action)
        and _matches(each["Resource"], call.resource)
        and all(
            _holds(operator, key, wanted, call.context)
            for operator, pairs in each.get("Condition", {}).items()
            for key, wanted in pairs.items()
        )
        for each in found
    )


def _matches(patterns: Any, value: str) -> bool:
    return any(fnmatchcase(value, str(pattern)) for pattern in stack.as_list(patterns))


_OPERATORS = ("StringEquals", "ArnEquals", "ArnLike", "Bool", "Null", "NumericGreaterThan")


def _holds(operator: str, key: str, wanted: Any, context: Mapping[str, str]) -> bool:
    if operator.removeprefix("ForAnyValue:") not in _OPERATORS:
        raise NotImplementedError(f"{operator} in a condition: this check would prove nothing")
    found = context.get(key)
    if operator == "Null":
        return (found is None) is (str(wanted) == "true")
    if found is None:
        return False
    if operator == "NumericGreaterThan":
        return int(found) > int(wanted)
    if operator.startswith("Arn"):
        return _matches(wanted, found)
    return found in map(str, stack.as_list(wanted))


# ---- parameters put in -----------------------------------------------------------------------------------------------


def resolved(value: Any, parameters: Mapping[str, str], template: Mapping[str, Any] | None = None) -> Any:
    """A part of a template, by default template.yaml, as CloudFormation would make it."""
    made = _made(value, parameters, template or stack.template())
    return None if made is _NOTHING else made


def _made(value: Any, parameters: Mapping[str, str], of: Mapping[str, Any]) -> Any:  # noqa: C901, PLR0911, PLR0912 one for each form of CloudFormation
    match value:
        case {"Ref": "AWS::NoValue"}:
            return _NOTHING
        case {"Ref": name}:
            return _PSEUDO.get(name) or (
                _reference(name, of) if name in of["Resources"] else _parameter(name, parameters, of)
            )
        case {"Fn::GetAtt": [name, "Value"]}:
            return _made(of["Resources"][name]["Properties"]["Value"], parameters, of)
        case {"Fn::GetAtt": [name, _]}:
            return arn(name, of)
        case {"Fn::Sub": [text, named]}:
            for name, each in named.items():
                text = text.replace(f"${{{name}}}", _made(each, parameters, of))
            return _made({"Fn::Sub": text}, parameters, of)
        case {"Fn::Sub": text}:
            return re.sub(
                r"\$\{([\w:]+)(?:\.(\w+))?\}",
                lambda it: str(
                    _made({"Fn::GetAtt": [*it.groups()]} if it[2] else {"Ref": it[1]}, parameters, of)
                ),
                text,
            )
        case {"Fn::Join": [separator, inner]}:
            return separator.join(stack.as_list(_made(inner, parameters, of)))
        case {"Fn::Select": [index, inner]}:
            return _made(inner, parameters, of)[int(index)]
        case {"Fn::Split": [separator, inner]}:
            return _made(inner, parameters, of).split(separator)
        case {"Fn::If": [name, then, otherwise]}:
            return _made(then if _holding({"Condition": name}, parameters, of) else otherwise, parameters, of)
        case dict():
            return {
                name: made
                for name, each in value.items()
                if (made := _made(each, parameters, of)) is not _NOTHING
            }
        case list():
            return [made for each in value if (made := _made(each, parameters, of)) is not _NOTHING]
        case _:
            return value


def _reference(name: str, of: Mapping[str, Any]) -> str:
    """What `Ref` gives: of a bucket its name, of all else here what `arn` invents."""
    made = arn(name, of)
    return made.rpartition(":")[2] if of["Resources"][name]["Type"] == "AWS::S3::Bucket" else made


def holds(condition: Any, parameters: Mapping[str, str]) -> bool:
    """A condition of template.yaml."""
    return _holding(condition, parameters, stack.template())


def _holding(condition: Any, parameters: Mapping[str, str], of: Mapping[str, Any]) -> bool:
    match condition:
        case {"Condition": name}:
            return _holding(of["Conditions"][name], parameters, of)
        case {"Fn::Not": [inner]}:
            return not _holding(inner, parameters, of)
        case {"Fn::And": several}:
            return all(_holding(each, parameters, of) for each in several)
        case {"Fn::Or": several}:
            return any(_holding(each, parameters, of) for each in several)
        case {"Fn::Equals": [one, other]}:
            return bool(_made(one, parameters, of) == _made(other, parameters, of))
        case _:
            raise NotImplementedError(condition)


def _parameter(name: str, parameters: Mapping[str, str], of: Mapping[str, Any]) -> str:
    """A parameter's value, or its default."""
    return parameters[name] if name in parameters else str(of["Parameters"][name]["Default"])


def roles() -> Iterator[str]:
    """All roles of the stack."""
    yield from stack.resources("AWS::IAM::Role")
