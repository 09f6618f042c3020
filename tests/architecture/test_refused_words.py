"""What the portal refuses is read in the customer's language: no code behind its pages is without words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tidegate.console.words import REFUSED
from tidegate.withdrawals.asking import _WRONG

ROOT = Path(__file__).parent.parent.parent / "tidegate"
REFUSALS = {"Malformed", "NotFound", "Conflict", "Forbidden", "Unauthorised", "TooMany", "BadAmount", "BadSignature"}

BEHIND = [
    "base/money.py",
    "codec/personal_message.py",
    "console/portal",
    "parties/flow/apps.py",
    "parties/flow/enrolling.py",
    "parties/flow/inviting.py",
    "parties/flow/joining.py",
    "parties/flow/proving.py",
    "parties/flow/trying.py",
    "parties/flow/visiting.py",
    "parties/passkey.py",
    "parties/passwords.py",
    "screening/ownership.py",
    "screening/travel_rule.py",
    "screening/warning.py",
    "withdrawals/appeals.py",
    "withdrawals/asking.py",
    "withdrawals/flow/asking.py",
    "withdrawals/flow/confirming.py",
    "withdrawals/flow/informing.py",
    "withdrawals/flow/links.py",
    "withdrawals/flow/taking_back.py",
    "withdrawals/flow/gathering/destinations.py",
    "withdrawals/standing",
]
"""Where what customers do in the portal is refused."""

NOBODY_HERE = {
    "customer_unknown",
    "session_unknown",
    "warning_of_another",
}
"""What no form of the portal can cause, or what leads to the sign-in page without a word."""


def codes(path: Path) -> Iterator[str]:
    """The codes that a file raises or returns by name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS and node.args:
            code = node.args[0]
            if isinstance(code, ast.Constant):
                yield str(code.value)


@pytest.mark.parametrize("behind", BEHIND)
def test_every_refusal_behind_the_portal_has_words(behind: str) -> None:
    place = ROOT / behind
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    assert files, f"{behind} is not there any more"
    found = {code for file in files for code in codes(file)}
    assert found - REFUSED.keys() - NOBODY_HERE == set()


def test_every_fault_of_an_address_has_words() -> None:
    assert _WRONG.keys() - REFUSED.keys() == set()


@pytest.mark.parametrize("code", sorted(REFUSED))
def test_words_stand_in_both_languages(code: str) -> None:
    english, chinese = REFUSED[code]
    assert english[-1] in ".!?"
    assert english.isascii()
    assert chinese[-1] in "。！？"
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
