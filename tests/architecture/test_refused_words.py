"""What is refused is read in the reader's language: no code of ours is without words, and no words are without code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tidegate.base import refusals
from tidegate.console.words import REFUSED
from tidegate.p2p.merchants.merchant import Certification
from tidegate.policy.language.fault import FAULTS
from tidegate.withdrawals.asking import _WRONG
from tidegate.withdrawals.deciding import Status

ROOT = Path(__file__).parent.parent.parent / "tidegate"

REFUSALS = {name for name in dir(refusals) if name[0].isupper()} | {
    "BadAmount", "BadSignature", "PolicySilent",
}  # fmt: skip
"""What is raised with a code as its first argument. FieldError and Refusal among them."""

PATHS = {"Idempotency-Key", "body", "query", "beneficiary.name", "counterparty.country"}
"""First arguments that name a field: the code comes second."""

BY_FIELD = {
    "agent_invalid", "device_id_invalid", "external_id_invalid", "verified_name_invalid", "provider_invalid",
    "reference_invalid", "owner_invalid", "note_invalid", "what_invalid", "text_invalid", "reason_invalid",
    "subject_too_long", "kind_too_long", "actor_too_long", "before_invalid", "year_invalid", "hours_invalid",
    "restriction_days_invalid", "from_day_invalid", "last_day_invalid", "weekday_invalid", "day_invalid",
    "trigger_unknown", "take_unknown", "side_unknown", "every_unknown",
    "fact_severity_invalid", "fact_article_invalid", "fact_level_invalid", "fact_action_invalid",
    "password_short", "password_long", "password_unreadable", "password_simple", "password_is_name",
    "ad_not_paused", "ad_not_active", "memo_not_supported", "signature_malformed", "signature_not_canonical",
    "signature_kind_unsupported",
}  # fmt: skip
"""Codes that are put together of a field's name, or handed on."""

OF_STATES = {f"merchant_not_{state}" for state in Certification} | {f"decision_{state}" for state in Status}


def named() -> Iterator[str]:
    """Every code that the source raises, returns or hands on by name."""
    for file in sorted(ROOT.rglob("*.py")):
        if "sim" in file.parts or file.is_relative_to(ROOT / "console/words"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and node.args:
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                code = node.args[0]
                if called in REFUSALS and isinstance(code, ast.Constant):
                    yield str(code.value)


CODES = set(named()) - PATHS | BY_FIELD | OF_STATES | FAULTS.keys() | _WRONG.keys()


def test_every_refusal_has_words() -> None:
    assert CODES - REFUSED.keys() == set()


def test_no_words_are_left_of_a_refusal_that_is_gone() -> None:
    assert REFUSED.keys() - CODES == set()


def test_words_stand_in_both_languages() -> None:
    for code, (english, chinese) in REFUSED.items():
        assert english[-1] in ".!?", code
        assert english.isascii(), code
        assert chinese[-1] in "。！？", code
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese), code
