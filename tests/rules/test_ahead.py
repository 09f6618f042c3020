"""What a customer is told before they confirm: the address it could be taken for, and how long it would wait."""

from __future__ import annotations

import pytest

from tidegate.base.findings import Finding, Outcome
from tidegate.withdrawals.ahead import Ahead, ahead

NEW = Finding("address_new", Outcome.DELAY, "W4", "", ends_at="2026-07-02T10:00:00Z")
LATER = Finding("new_device", Outcome.DELAY, "W4", "", ends_at="2026-07-03T10:00:00Z", data={"since": "x"})
LARGE = Finding("large_amount", Outcome.REVIEW, "W4", "", ends_at="2026-09-01T10:00:00Z")
ALIKE = Finding("address_look_alike", Outcome.REVIEW, "W4", "", data={"known": "0xabc", "whose": "customer"})


@pytest.mark.parametrize(
    ("findings", "cleared", "told"),
    [
        ([], [], Ahead(None, None, None)),
        ([LARGE], [], Ahead(None, None, None)),  # no delay: nobody knows when a person is through
        ([NEW], [], Ahead("2026-07-02T10:00:00Z", None, None)),
        ([LATER, NEW], [], Ahead("2026-07-03T10:00:00Z", None, None)),
        ([ALIKE, NEW], [], Ahead("2026-07-02T10:00:00Z", "0xabc", "customer")),
        ([ALIKE], ["address_look_alike:0xabc"], Ahead(None, None, None)),
        ([ALIKE], ["address_look_alike:0xother"], Ahead(None, "0xabc", "customer")),
    ],
)
def test_what_still_counts_is_told(findings: list[Finding], cleared: list[str], told: Ahead) -> None:
    assert ahead(findings, cleared) == told
