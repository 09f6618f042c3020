"""Every SQL statement in the program is prepared against the real schema, and gives the columns its reader expects."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tidegate.db import Conn, connect

ROOT = Path(__file__).parent.parent.parent / "tidegate"
CALLS = {"row", "rows", "run", "execute"}
PARAMETER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Statement:
    """One literal statement, where it stands, and the dataclass that reads its rows (None = nobody or a tuple)."""

    place: str
    module: str
    sql: str
    shape: str | None


def statements() -> Iterator[Statement]:
    for path in sorted(ROOT.rglob("*.py")):
        if "signer" in path.parts:  # keeps its ledger in SQLite; its own tests run every statement
            continue
        module = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _called(node) in CALLS:
                yield from _of_call(node, path, module)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _of_call(node: ast.Call, path: Path, module: str) -> Iterator[Statement]:
    texts = [a for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if not texts or not re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|SET)\b", str(texts[0].value)):
        return
    shape = None
    if _called(node) in ("row", "rows") and isinstance(node.args[1], ast.Name):
        shape = node.args[1].id
    yield Statement(f"{path.relative_to(ROOT)}:{node.lineno}", module, str(texts[0].value), shape)


ALL = list(statements())


def test_the_collection_finds_the_statements_of_every_store() -> None:
    found = {statement.module for statement in ALL}
    stores = [*ROOT.rglob("store.py"), *(p for p in ROOT.rglob("store/*.py") if p.name != "__init__.py")]
    assert {".".join(p.relative_to(ROOT.parent).with_suffix("").parts) for p in stores} <= found
    assert len(ALL) > 100


@pytest.mark.parametrize("statement", ALL, ids=lambda s: s.place)
def test_every_statement_fits_the_schema(statement: Statement, schema: Conn) -> None:
    if re.match(r"\s*(SET|CREATE)\b", statement.sql):
        return  # no parameters and no rows: it is run by every test that migrates or verifies
    names: list[str] = []

    def numbered(match: re.Match[str]) -> str:
        if match.group(1) not in names:
            names.append(match.group(1))
        return f"${names.index(match.group(1)) + 1}"

    text = PARAMETER.sub(numbered, statement.sql)
    while "%s" in text:
        names.append(f"positional {len(names)}")
        text = text.replace("%s", f"${len(names)}", 1)
    described = schema.pgconn.prepare(b"", text.encode())
    assert described.status == psycopg.pq.ExecStatus.COMMAND_OK, described.error_message.decode()
    if statement.shape is not None:
        said = schema.pgconn.describe_prepared(b"")
        columns = [(said.fname(i) or b"").decode() for i in range(said.nfields)]
        shape = getattr(importlib.import_module(statement.module), statement.shape)
        fields = [field.name for field in dataclasses.fields(shape) if field.init]
        assert sorted(columns) == sorted(fields)


@pytest.fixture(scope="module")
def schema(server_url: str, template: str) -> Iterator[Conn]:
    with connect(server_url.replace("/tidegate?", f"/{template}?")) as conn:
        yield conn
