"""What a check says, and how many findings become one outcome: the strictest wins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What a finding asks for, mildest first. The order is the lattice of the rulebook, section 3."""

    ALLOW = "allow"  # nothing
    STEP_UP = "step_up"  # a stronger factor
    DELAY = "delay"  # time to think
    REVIEW = "review"  # a person
    DECLINE = "decline"  # no
    FREEZE = "freeze"  # no, and nothing else leaves either

    @property
    def severity(self) -> int:
        return _SEVERITY[self]


_SEVERITY = {outcome: rank for rank, outcome in enumerate(Outcome)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer. `detail` is for analysts and carries the numbers; customers read a template."""

    code: str  # stable, snake_case, named after what was found: "address_new"
    outcome: Outcome
    clause: str  # the clause of the rulebook it carries out: "W4 new address"
    detail: str  # what was seen, with the values
    ends_at: str | None = None  # RFC 3339; when the reason ends by itself, for a delay
    data: dict[str, str] = field(default_factory=dict)  # exact values for tables and templates


def strictest(findings: Iterable[Finding]) -> Outcome:
    """The join of all findings; nothing found is ALLOW. More evidence never weakens it."""
    return max((finding.outcome for finding in findings), key=lambda outcome: outcome.severity, default=Outcome.ALLOW)
