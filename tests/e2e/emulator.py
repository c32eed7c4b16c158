"""ministack on the loopback, with IAM enforced, and the connections to it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3

REGION = "eu-west-1"
# The emulator's own account may do everything with it, as an administrator who deploys.
_ADMINISTRATOR = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_STARTS_WITHIN = 60.0


class Emulator:
    """Runs on `with`. `elsewhere` are variables that its functions get: what is asked of the stand-ins."""

    def __init__(self, command: Path, account: str, log: Path, elsewhere: Mapping[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self.env = {
            **kept,
            **_ADMINISTRATOR,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.endpoint,
            "SAM_CLI_TELEMETRY": "0",
        }
        self._own = {
            **self.env,
            **elsewhere,
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_ACCOUNT_ID": account,
            "AUTH": "true",
            "SFN_WAIT_SCALE": "0.02",
            "LOG_LEVEL": "INFO",
            # X-Ray's daemon is not here.
            "POWERTOOLS_TRACE_DISABLED": "true",
        }
        self._command, self._log = command, log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Emulator:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([self._command], env=self._own, stdout=log, stderr=log)
        until = time.monotonic() + _STARTS_WITHIN
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2):
                    return self
            except OSError:
                time.sleep(0.2)
        raise TimeoutError(f"the emulator does not answer; see {self._log}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    def client(self, service: str, **keys: str) -> Any:
        """A client of the administrator, or of whose keys are given."""
        own = keys or {name.lower(): value for name, value in _ADMINISTRATOR.items()}
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, **own)  # type: ignore[call-overload]
