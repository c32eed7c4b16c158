"""Settings of any kind, from the environment or `.env`: a value that works, or one line that names the variable."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard import cli
from finopsguard.config import Settings
from finopsguard.errors import FinOpsGuardError, InvalidConfiguration
from finopsguard.variables import VARIABLES
from tests.fuzz.held import SIG, outcome, soon, tries
from tests.fuzz.shapes import damaged, odd_text

URL = f"https://prod-1.westeurope.logic.azure.com/workflows/x?sp=%2Frun&sig={SIG}"
_NAMES = sorted(each.name for each in VARIABLES.values())
_SECRET = {"TEAMS_WEBHOOK_URL"}

values = st.one_of(
    odd_text.filter(lambda text: "\0" not in text),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(
        [URL, "true", "es", "en", "Europe/Madrid", "../etc/passwd", "/etc/localtime", "UTC\n", "1e3", "0x10", "٣",
         "1_0", "-0", "NaN", "sNaN", "Infinity", "1e999999999", "111111111111", "arn:aws:iam::111111111111:role/x",
         "a,b;c", "*", "[", "UTC/", "."]
    ),
)  # fmt: skip
variables = st.dictionaries(st.sampled_from(_NAMES), values, max_size=4)


@tries(19)
@given(env=variables)
def test_any_settings_are_read_or_the_wrong_one_is_named(env: dict[str, str]) -> None:
    found = outcome(lambda: Settings.from_env(env))
    if isinstance(found, FinOpsGuardError):
        assert isinstance(found, InvalidConfiguration)
        assert any(name in str(found) for name in env)
    else:
        assert SIG not in repr(found) or any(
            SIG in value for name, value in env.items() if name not in _SECRET
        )


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A working directory for all examples."""
    folder, before = tmp_path_factory.mktemp("settings"), Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


lines = st.one_of(
    st.builds("{}={}".format, st.sampled_from(_NAMES), values),
    st.builds('{}="{}'.format, st.sampled_from(_NAMES), odd_text),
    st.builds("{}={}".format, odd_text, odd_text),
    st.builds("'{}'={}".format, odd_text, odd_text),
    st.builds("export {}=${{{}:-x}}".format, st.sampled_from(_NAMES), odd_text),
    odd_text,
)
files = st.lists(lines, max_size=5).map(lambda each: "\n".join(each).encode("utf-8", "replace"))


@tries(12)
@given(data=st.one_of(files, files.flatmap(damaged)))
def test_any_file_of_settings_is_read_or_refused_in_one_line(here: Path, data: bytes) -> None:
    (here / ".env").write_bytes(data)
    said = io.StringIO()
    with patch.dict(os.environ), soon(), contextlib.redirect_stderr(said):
        assert cli.main(["detect", "no such file.csv"]) == 2
        outcome(lambda: Settings.from_env(os.environ))
    (line,) = said.getvalue().splitlines()
    assert line.startswith("finopsguard: ")
    assert SIG not in line
