"""What a check is: one function with its clause, and what follows when it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tidegate.base.findings import Finding, Outcome
from tidegate.base.money import to_text
from tidegate.policy.pack import Policy
from tidegate.withdrawals.facts import Facts


def _always(_: Facts) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what it is called, the clause it carries out, and what follows when it fails.

    A pack may say otherwise for a while (`check_failures`): to ignore a failure takes two people and an end.
    """

    id: str
    clause: str
    run: Callable[[Facts, Policy], Iterator[Finding]]
    on_error: Outcome = Outcome.REVIEW
    on_timeout: Outcome = Outcome.REVIEW
    applies: Callable[[Facts], bool] = _always  # where it does not, it is skipped, and the decision says so


def usd(micro: int) -> str:
    """Micro-USD as people read it."""
    return f"{to_text(micro, 6)} USD"
