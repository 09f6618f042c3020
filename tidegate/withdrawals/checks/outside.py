"""What others say whom the policy asks: vendors and counterparties."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.base.findings import Finding, Outcome
from tidegate.base.times import rfc3339
from tidegate.policy.pack import Policy
from tidegate.withdrawals.facts import DESTINATION_CODE, Facts, State


def outside_flagged(f: Facts, _: Policy) -> Iterator[Finding]:
    """Section 4, outside vendors: whatever one of them asks for counts like a finding of ours. So does what the
    network's own node says of the destination."""
    for answer in f.outside:
        if answer.state is State.ANSWERED and answer.outcome not in (None, Outcome.ALLOW):
            outcome, ends_at = answer.outcome, answer.ends_at
            if outcome is Outcome.DELAY and ends_at is not None and ends_at <= f.now:
                continue
            until = None if ends_at is None else rfc3339(ends_at)
            if answer.check == DESTINATION_CODE:
                yield Finding("address_is_token_contract", outcome, "W4 address", answer.detail, until)
            else:
                yield Finding("outside_flagged", outcome, "W4 outside", answer.detail, until, {"check": answer.check})
