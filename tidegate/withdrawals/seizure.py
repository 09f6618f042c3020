"""What a lawful order on a withdrawal must say, and when it can still take effect (rulebook section 1)."""

from __future__ import annotations

import re

from tidegate.base.refusals import Conflict, Malformed
from tidegate.cases.case import Kind
from tidegate.withdrawals.withdrawal import MOVES, Status, Withdrawal

PEOPLE = 2
"""Who proposes counts as one of them."""

ENDS: tuple[Kind, ...] = ("withdrawal_review", "withdrawal_appeal")

_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_order(reference: str, document_sha256: str) -> None:
    """Raises Malformed `order_reference_invalid`, `document_sha256_invalid`."""
    if not 1 <= len(reference) <= 200 or not reference.isprintable() or reference != reference.strip():
        raise Malformed(
            "order_reference_invalid", "Name the order in 1 to 200 printable characters", field="order_reference"
        )
    if not _SHA256.fullmatch(document_sha256):
        raise Malformed(
            "document_sha256_invalid",
            f"{document_sha256[:70]!r} is no SHA-256: 64 digits 0-9 and a-f",
            field="document_sha256",
        )


def check_seizable(withdrawal: Withdrawal) -> None:
    """Raises Conflict `withdrawal_not_seizable`: it has ended, or a payment owns it."""
    if Status.SEIZED not in MOVES[withdrawal.status]:
        raise Conflict(
            "withdrawal_not_seizable", f"{withdrawal.id} is {withdrawal.status}; there is nothing left to seize."
        )
