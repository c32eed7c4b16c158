"""What this machine says by itself: versions, settings, and how it gets to the network."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from finopsguard.doctor.around import OURS, Around
from finopsguard.doctor.check import failing, passed, warned
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.checkup import Finding
from finopsguard.variables import VARIABLES

# What the command line and the deployment read beside the settings (.env.example).
_OTHERS = ("FINOPSGUARD_WAIT_SCALE",)
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
_EXCEPTIONS = ("NO_PROXY", "no_proxy")
_AUTHORITIES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def versions(around: Around) -> Sequence[Finding]:
    """The package and Python, and the stack's version where it says one."""
    mine, python = around.options.version, platform.python_version()
    if not around.options.stack:
        return passed("versions", version=mine, python=python)
    try:
        deployed = around.stack().outputs.get("Version")
    except FinOpsGuardError:
        deployed = None
    if deployed is None:
        return passed("versions", version=mine, python=python)
    said = passed if deployed == mine else warned
    return said(
        "versions_same" if deployed == mine else "versions_differ",
        version=mine,
        python=python,
        deployed=deployed,
    )


def settings(around: Around) -> Sequence[Finding]:
    """Every variable that cannot work, each with what to write instead; else which are set."""
    wrong = list(_wrong(around.env))
    if wrong:
        return wrong
    names = {each.name for each in VARIABLES.values()}
    present = sorted(name for name in around.env if name in names and around.env[name].strip())
    unknown = sorted(name for name in around.env if name.startswith(OURS) and name not in {*names, *_OTHERS})
    if unknown:
        return warned("settings_unknown", names=", ".join(unknown))
    source = "settings_stack" if around.options.stack and around.functions.answered else "settings"
    return passed(source, count=len(present), names=", ".join(present) or "-")


def _wrong(env: Mapping[str, str]) -> Iterator[Finding]:
    for variable in VARIABLES.values():
        try:
            variable.read(env)
        except FinOpsGuardError as error:
            yield Finding("fail", "setting_wrong", {"name": variable.name}, str(error))


def network(around: Around) -> Sequence[Finding]:
    """Proxies, other endpoints than AWS's, and the file of certificates; never what a proxy's URL holds."""
    env = around.here
    file = next((env[name] for name in _AUTHORITIES if env.get(name)), None)
    if file and not Path(file).exists():
        return failing("network_authorities", file=file)
    proxies = [_host(env[name]) for name in _PROXIES if env.get(name)]
    if None in proxies:
        return failing("network_proxy_wrong")
    endpoints = sorted(name for name in env if name.startswith("AWS_ENDPOINT_URL") and env[name])
    if endpoints:
        return warned("network_endpoints", count=len(endpoints), first=endpoints[0])
    if proxies:
        past = next((env[name] for name in _EXCEPTIONS if env.get(name)), "-")
        return passed("network_proxy", proxy=proxies[0] or "", past=past)
    return passed("network_direct")


def _host(url: str) -> str | None:
    """Host and port of a proxy; its user and password stay where they are."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    return f"{parts.hostname}{port}" if parts.hostname else None
