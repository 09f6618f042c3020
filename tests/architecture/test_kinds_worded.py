"""Whatever the journal writes down has words in both languages: its kinds, and the names of its values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tidegate.console.words import CODES, KINDS
from tidegate.p2p.ads.ad import AdStatus
from tidegate.p2p.bond.bond import Kind
from tidegate.withdrawals.deciding import Status as Lone
from tidegate.withdrawals.withdrawal import Status

ROOT = Path(__file__).parent.parent.parent / "tidegate"
WORDED = KINDS.keys() | {code.removeprefix("kind.") for code in CODES if code.startswith("kind.")}

MADE_UP = {
    *(f"withdrawal.{status}" for status in Status),
    *(f"decision.{status}" for status in Lone),
    *(f"ad.{status}" for status in AdStatus),
    *(f"bond.{kind}" for kind in Kind),
    "withdrawal.asked", "withdrawal.appeal_overturned", "withdrawal.appeal_upheld",
    "deposit.credited", "deposit.refused", "mail.sent", "mail.given_up", "sweep.queued", "gas.queued",
    "merchant.certified", "merchant.rejected", "order.cancelled", "order.expired",
}  # fmt: skip
"""Kinds that are put together of a state."""


def noted() -> Iterator[tuple[ast.Call, str]]:
    """Every call that writes to the journal, with its file."""
    for file in sorted(ROOT.rglob("*.py")):
        if "sim" not in file.parts:
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "note":
                    yield node, str(file)


def texts(node: ast.expr) -> Iterator[str]:
    """The constants that an expression may be."""
    if isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)
    elif isinstance(node, ast.Constant):
        yield str(node.value)


SAID = {kind for call, _ in noted() for kind in texts(call.args[0])} | MADE_UP
PASSED_ON = {
    str(node.value)
    for file in ROOT.rglob("*.py")
    if "words" not in file.parts
    for node in ast.walk(ast.parse(file.read_text()))
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[a-z_]+\.[a-z_]+", node.value)
}
"""Kinds may be handed to whoever writes them down."""


def test_every_kind_has_words() -> None:
    assert sorted(SAID - WORDED) == []


def test_no_words_are_left_of_a_kind_that_is_gone() -> None:
    assert sorted(WORDED - SAID - PASSED_ON) == []


def test_every_value_that_is_written_down_has_a_name() -> None:
    names = {
        str(key.value)
        for call, _ in noted()
        for body in call.args[2:]
        if isinstance(body, ast.Dict)
        for key in body.keys
        if isinstance(key, ast.Constant)
    }
    assert {name for name in names if f"field.{name}" not in CODES} == set()
