from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from finopsguard.aws import bounds
from finopsguard.errors import AnswerTooLong, ObjectMissing, StoreAccessDenied
from finopsguard.store.directory import DirectoryStore


def test_what_is_written_is_read_again_and_replaced_whole(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "new")
    assert not store.exists("a/b.json")
    store.write("a/b.json", b"one, and longer")
    store.write("a/b.json", b"two")
    assert store.exists("a/b.json")
    assert store.read("a/b.json") == b"two"
    assert [path.name for path in (tmp_path / "new" / "a").iterdir()] == ["b.json"], (
        "no temporary file is left"
    )


def test_create_writes_only_where_there_is_nothing(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    assert store.create("a/b", b"first")
    assert not store.create("a/b", b"second")
    assert store.read("a/b") == b"first"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_keys_are_listed_by_prefix_without_what_is_being_written(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "state")
    assert store.list("a/") == []
    for key in ("a/b/2.json", "a/b/1.json", "a/c.json", "ab/c.json", "z.json"):
        store.write(key, b"")
    (tmp_path / "state" / "a" / "b" / ".writing-x1").write_bytes(b"")
    assert store.list("a/") == ["a/b/1.json", "a/b/2.json", "a/c.json"]
    assert store.list("a/b/1") == ["a/b/1.json"]
    assert store.list("a") == ["a/b/1.json", "a/b/2.json", "a/c.json", "ab/c.json"]
    assert store.list("") == ["a/b/1.json", "a/b/2.json", "a/c.json", "ab/c.json", "z.json"]


def test_a_folder_that_may_not_be_listed_is_not_called_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DirectoryStore(tmp_path)
    store.write("a/b/1.json", b"")

    def refuse(*args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(StoreAccessDenied, match="--state"):
        store.list("a/")


def test_of_many_that_create_at_once_one_wins(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    start = threading.Barrier(8)
    wins: list[int] = []

    def create(number: int) -> None:
        start.wait()
        if store.create("claim", str(number).encode()):
            wins.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.read("claim")] == [str(number).encode() for number in wins]


def test_a_missing_object_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ObjectMissing, match="a/b"):
        DirectoryStore(tmp_path).read("a/b")


def test_a_state_directory_that_is_a_file_is_refused_with_the_remedy(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("")
    with pytest.raises(StoreAccessDenied, match="--state"):
        DirectoryStore(occupied).write("a", b"")


@pytest.mark.parametrize("code", ["EACCES", "EROFS", "ENOSPC"])
def test_faults_of_the_disk_become_our_errors(
    tmp_path: Path, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from finopsguard.errors import FinOpsGuardError

    number = getattr(errno, code)

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tempfile.mkstemp", fail)
    with pytest.raises(FinOpsGuardError):
        DirectoryStore(tmp_path).write("a", b"")


def test_what_is_written_is_on_the_disk_before_its_name_is_and_then_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def sync(file: int) -> None:
        done.append(f"sync {Path(f'/proc/self/fd/{file}').readlink().name}")

    def named(original: Callable[..., Any], word: str) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            done.append(f"{word} {Path(given[-1]).name}")
            return original(*given)

        return call

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "link", named(os.link, "name"))
    monkeypatch.setattr(Path, "replace", named(Path.replace, "name"))
    monkeypatch.setattr("tempfile.mkstemp", partial(_mkstemp, tempfile.mkstemp))
    store = DirectoryStore(tmp_path / "state")
    store.write("a/b/c.json", b"{}")
    assert done == [
        f"sync {tmp_path.name}",  # the folders, from the outermost on
        "sync state",
        "sync a",
        "sync .writing-x",
        "name c.json",
        "sync b",
    ]
    done.clear()
    assert store.create("a/b/d.json", b"{}")
    assert done == ["sync .writing-x", "name d.json", "sync b"]
    done.clear()
    assert not store.create("a/b/d.json", b"{}")
    assert done == ["sync .writing-x", "name d.json"], "what is there already was somebody else's to keep"


def _mkstemp(original: Callable[..., tuple[int, str]], **given: Any) -> tuple[int, str]:
    handle, name = original(**given)
    fixed = Path(name).with_name(".writing-x")
    Path(name).rename(fixed)
    return handle, str(fixed)


def test_a_file_of_any_size_is_not_read_into_memory(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(bounds.MOST_OBJECT_BYTES + 1)
    with pytest.raises(AnswerTooLong, match="huge has 1000000001 bytes"):
        DirectoryStore(tmp_path).read("huge")
