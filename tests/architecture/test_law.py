"""The law of the house (ARCHITECTURE.md), so that nobody has to remember it."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent / "tidegate"
LADDER = (
    "base",
    "codec",
    "db",
    "notifications",
    "ledger",
    "parties",
    "policy",
    "screening",
    "cases",
    "custody",
    "p2p",
    "withdrawals",
    "rating",
    "reports",
)
BESIDE = {"integrations": {"base", "codec"}, "signer": {"base", "codec"}, "contracts": set[str]()}
ABOVE = {
    "api",
    "console",
    "demo",
    "worker",
    "news",
    "mailing",
    "serve",
    "settings",
    "setup",
    "reference",
    "sim",
    "__main__",
    "__init__",
}
RESERVED = {"store", "flow", "jobs"}  # a file, or a folder of that name once the file has grown (decision 30)
MOST_LINES = 400  # of a file in such a folder

# Modules that read a clock, a disk, a network or a die. Hashing and parsing are not among them.
OUTSIDE = {
    "psycopg", "psycopg_pool", "httpx2", "socket", "os", "random", "secrets", "subprocess", "sqlite3", "threading",
    "time", "pathlib", "tempfile", "importlib", "structlog", "asyncio",
}  # fmt: skip
CLOCKS = {"now", "utcnow", "today"}


def files() -> Iterator[Path]:
    yield from sorted(ROOT.rglob("*.py"))


def room(path: Path) -> str:
    """The folder of the ladder, or the file's own name beside it."""
    parts = path.relative_to(ROOT).parts
    return parts[0] if len(parts) > 1 else path.stem


def imported(path: Path) -> Iterator[str]:
    """Everything a file imports, also below a function or behind TYPE_CHECKING."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_of(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imported(path) if name.startswith("tidegate.") and name.count(".") >= 1}


def is_rules(path: Path) -> bool:
    """Files that decide: everything on the ladder but the three reserved names and the rooms made of plumbing."""
    return room(path) in LADDER[3:] and path.name != "__init__.py" and reserved(path) is None


def reserved(path: Path) -> str | None:
    """Which of the three a file is, or belongs to; None for rules."""
    return next((part for part in path.relative_to(ROOT).with_suffix("").parts if part in RESERVED), None)


@pytest.mark.parametrize("path", list(files()), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down_the_ladder_only(path: Path) -> None:
    here = room(path)
    known = rooms_of(path) & {p.name if p.is_dir() else p.stem for p in ROOT.iterdir()}
    if here in LADDER:
        allowed = set(LADDER[: LADDER.index(here) + 1])
    elif here in BESIDE:
        allowed = BESIDE[here] | {here}
    else:
        assert here in ABOVE, f"{here} has no place in ARCHITECTURE.md"
        return
    assert known - allowed <= {"__version__"}, f"{path.name} may not know {sorted(known - allowed)}"


@pytest.mark.parametrize("path", [p for p in files() if is_rules(p)], ids=lambda p: str(p.relative_to(ROOT)))
def test_rules_see_only_their_arguments(path: Path) -> None:
    for name in imported(path):
        top = name.split(".")[0]
        assert top not in OUTSIDE or name == "importlib.resources", f"a rule imports {name}"
        if top == "tidegate":
            assert not RESERVED & set(name.split(".")[2:]), f"a rule imports {name}"
            assert not name.startswith(("tidegate.db", "tidegate.base.clock", "tidegate.base.ids")), name
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in CLOCKS, f"a rule reads the clock in line {node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "print", "input"}, f"a rule touches the outside in line {node.lineno}"


@pytest.mark.parametrize("path", list(files()), ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_clock_reads_the_clock(path: Path) -> None:
    if path.relative_to(ROOT).as_posix() in ("base/clock.py", "demo/seed.py"):  # the demo's phone shows real codes
        return
    text = path.read_text()
    assert "datetime.now(" not in text
    assert "datetime.utcnow(" not in text


def test_sql_is_spoken_in_stores_and_in_db_only() -> None:
    for path in files():
        if reserved(path) == "store" or room(path) in ("db", "signer"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = node.value.split()
                assert not (words[:1] in (["SELECT"], ["INSERT"], ["UPDATE"], ["DELETE"]) and len(words) > 2), path


def test_the_signer_knows_nothing_of_the_house() -> None:
    for path in (ROOT / "signer").glob("*.py"):
        assert rooms_of(path) <= {"base", "codec", "signer"}, path


def test_every_room_and_file_says_what_it_is_for() -> None:
    for path in files():
        said = ast.get_docstring(ast.parse(path.read_text()))
        assert said, f"{path} has no docstring"
        assert said.strip()[0].isupper() or said.strip()[0] in "`", path


def test_a_reserved_name_is_a_file_or_a_folder_and_what_is_in_the_folder_stays_small() -> None:
    for path in files():
        name = reserved(path)
        if name is None or path.stem == name:
            continue
        assert not (path.parent / f"{name}.py").exists(), f"{name} is a folder and a file in {path.parent}"
        lines = len(path.read_text().splitlines())
        assert lines <= MOST_LINES, f"{path.relative_to(ROOT)} has {lines} lines; one story a file"


def test_others_import_from_such_a_folder_only_what_it_publishes() -> None:
    for folder in (p for name in RESERVED for p in ROOT.rglob(name) if p.is_dir()):
        inside = ".".join(folder.relative_to(ROOT.parent).parts)
        published = {f"{inside}.{name}" for name in importlib.import_module(inside).__all__}
        for path in (p for p in files() if not p.is_relative_to(folder)):
            used = {name for name in imported(path) if name.startswith(f"{inside}.")}
            assert used <= published, f"{path.relative_to(ROOT)} imports {used - published}"
