"""The tools as a person in a shell meets them: JSON on stdout, one clear line on stderr, and the exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from house import furnish

import tidegate
from tidegate.db import Conn

GOOD = "0xd882cfc20f52f2599d84b8e8d58c7fb62cfe344b"


class Shell:
    """`tidegate …` with the settings of a test's database."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.settings = folder / "settings.json"
        said = {
            "database_url": database_url,
            "networks": {},
            "signer_socket": str(folder / "signer.sock"),
            "data_key_file": str(folder / "data.key"),
            "authoriser_key_file": str(folder / "authoriser.key"),
        }
        self.settings.write_text(json.dumps(said))

    def __call__(self, *words: str | Path, given: bytes = b"") -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        done = subprocess.run(
            [sys.executable, "-m", "tidegate", *map(str, words)], input=given, capture_output=True, timeout=60
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def known(self, *words: str | Path, given: bytes = b"") -> tuple[int, Any]:
        """With the settings; exit code and what stdout says."""
        code, out, err = self(*words, "--settings", self.settings, given=given)
        assert err == "", err
        return code, json.loads(out)


@pytest.fixture
def shell(tmp_path: Path, database_url: str) -> Shell:
    return Shell(tmp_path, database_url)


def refused(code: int, out: str, err: str) -> str:
    """The one line of a refusal."""
    assert (code, out) == (2, ""), err
    assert err.startswith("tidegate: ")
    assert err.count("\n") == 1, err
    return err


def test_an_address_is_judged(shell: Shell) -> None:
    code, out, _ = shell("address", "check", GOOD, "--network", "ethereum")
    assert (code, json.loads(out)["normalised"]) == (0, "0xd882cFc20F52f2599D84b8e8D58C7FB62cfE344b")
    for wrong, reason in (("", "address_empty"), (GOOD + "\n", "address_malformed"), ("\udcff", "address_malformed")):
        code, out, err = shell("address", "check", wrong, "--network", "ethereum")
        assert (code, json.loads(out)["reason"], err) == (1, reason, "")
    assert "'mars' is not a network" in refused(*shell("address", "check", GOOD, "--network", "mars"))


def test_a_listed_address_is_found_and_a_bad_one_is_bad_input(shell: Shell, conn: Conn) -> None:
    furnish(conn)
    code, said = shell.known("lists", "import", "scams", "-", given=f"asset,address\nETH,{GOOD}\nETH,0x12\n".encode())
    assert (code, said) == (
        0,
        {"imported": 1, "removed": 0, "quarantined": [{"line": 3, "reason": "address_malformed"}]},
    )
    code, said = shell.known("screen", GOOD, "--network", "ethereum")
    assert (code, [hit["list"] for hit in said["hits"]]) == (1, ["scams"])
    code, said = shell.known("screen", "0x" + "1" * 40, "--network", "ethereum")
    assert (code, said["hits"]) == (0, [])
    for words, why in (
        (("screen", "0x12", "--network", "ethereum"), "is not an address of ethereum"),
        (("screen", GOOD, "--network", "mars"), "is not a network"),
        (("lists", "import", "Big List", "-"), "list_name_invalid"),
        (("lists", "import", "scams", "-"), "list_header_missing"),
        (("lists", "import", "scams", shell.settings.parent), "Is a directory"),
        (("lists", "import", "scams", shell.settings.parent / "none.csv"), "No such file or directory"),
    ):
        assert why in refused(*shell(*words, "--settings", shell.settings))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (b"\xff{}", "is not UTF-8 (byte 0)"),
        (b"[" * 100_000, "nested far too deep"),
        (b"{", "is not JSON"),
        (b"[]", "is a JSON object, not a list"),
        (b'{"fees":1,"fees":2}', "written twice"),
    ],
)
def test_a_pack_that_nobody_can_read_is_bad_input(shell: Shell, given: bytes, why: str) -> None:
    assert why in refused(*shell("policy", "check", "-", given=given))


def test_a_pack_is_checked_from_a_pipe_as_from_a_file(shell: Shell, tmp_path: Path) -> None:
    shipped = resources.files("tidegate.policy").joinpath("packs", "demo.json").read_bytes()
    (tmp_path / "pack.json").write_bytes(shipped)
    assert shell("policy", "check", tmp_path / "pack.json") == shell("policy", "check", "-", given=shipped)
    assert shell("policy", "check", "-", given=shipped)[0] == 0
    assert shell("policy", "check", "-", given=b"{}")[0] == 1


def test_the_journal_is_verified(shell: Shell, conn: Conn) -> None:
    furnish(conn)
    code, said = shell.known("journal", "verify")
    assert (code, said["broken"]) == (0, None)
    assert said["links"] > 0


def test_a_database_that_is_not_there_is_one_line(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_DATABASE_URL", "postgresql://127.0.0.1:1/none")
    assert "connection" in refused(*shell("journal", "verify", "--settings", shell.settings))
    monkeypatch.setenv("TIDEGATE_DATABASE_URL", "hunter2")
    said = refused(*shell("screen", GOOD, "--network", "ethereum", "--settings", shell.settings))
    assert "postgresql://user@host/name" in said
    assert "hunter2" not in said  # it may be a password that was put in the wrong place


def test_a_settings_file_that_is_none_is_one_line(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("[]")
    for file in (tmp_path / "other.json", tmp_path / "none.json", tmp_path):
        refused(*shell("journal", "verify", "--settings", file))


@pytest.mark.parametrize("port", ["0", "65536", "99999", "-1", "８８", "x"])
def test_a_port_that_is_none_is_refused(shell: Shell, port: str) -> None:
    for command in ("run", "serve"):
        code, out, err = shell(command, f"--port={port}")
        assert (code, out) == (2, "")
        assert "choose one between 1 and 65535" in err


def test_who_has_read_enough_is_not_told_off() -> None:
    words = [sys.executable, "-m", "tidegate", "address", "check", GOOD, "--network", "ethereum"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as asked:
        assert asked.stdout is not None
        assert asked.stderr is not None
        asked.stdout.close()
        assert asked.stderr.read() == b""
    assert asked.returncode == 141


def test_it_says_its_version(shell: Shell) -> None:
    assert shell("--version") == (0, f"tidegate {tidegate.__version__}\n", "")
