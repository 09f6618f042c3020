"""What is known about a merchant: one thing that happened, when, when we learnt it, and what a person made of it.

S2 Art. 5. Facts are never changed: a correction is a new fact that supersedes the old one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from tidegate.base.refusals import Malformed
from tidegate.base.times import rfc3339


class Kind(StrEnum):
    ALERT = "alert"  # 5.1: our own screening found something odd
    VIOLATION = "violation"  # 5.2: a published rule was broken
    REFERENCE_FACTOR = "reference_factor"  # 5.3: a warning sign, weak alone
    COUNTERPARTY_FREEZE = "counterparty_freeze"  # 5.2e, 5.3c: an account of somebody who dealt with them was frozen
    AUTHORITY_ACTION = "authority_action"  # 5.2a
    OTHER_HARM = "other_harm"  # Art. 6: a user's loss that was not made good in time


class Disposition(StrEnum):
    """What a person made of it."""

    OPEN = "open"  # nobody has looked
    CONFIRMED = "confirmed"
    FALSE_POSITIVE = "false_positive"
    EXEMPT = "exempt"  # the exemption register names it


SEVERITIES = ("warn", "high", "critical")
SEVERE = frozenset({"high", "critical"})
VIOLATIONS = ("5.2a", "5.2b", "5.2c", "5.2d", "5.2e", "5.2f")
FACTORS = ("5.3a", "5.3b", "5.3c")
LEVELS = ("E0", "E1", "E2", "E3")
"""A claim; a bank's notice that matches the payment; a document that names payment or order; an authority that names
the order or froze both ends."""
ACTIONS = ("evidence_request", "investigation", "freeze", "detention", "characterised")

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before there were coins. Pages and exports write 1900-01-01 where they mean "no date": it is never a time."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as the rating judges it. None where the kind has no such field."""

    id: str  # "fct_…", or a case's own name
    kind: Kind
    at: datetime  # when it happened
    known_at: datetime  # when we learnt of it
    disposition: Disposition
    article: str | None = None  # "5.2c"
    severity: str | None = None  # alerts: of SEVERITIES
    serious: bool = False  # violations
    counterparty: str | None = None  # freezes: whose account
    level: str | None = None  # freezes: of LEVELS
    attributed: bool | None = None  # freezes: None = nobody has said, so the level decides
    action: str | None = None  # authority actions: of ACTIONS
    case: str | None = None  # authority actions: the authority's own number
    named: bool = False  # authority actions: the merchant, or a person who belongs to them

    @property
    def counts_at(self) -> datetime:
        """R22: the later of when it happened and when it became known, so that nothing late is lost."""
        return max(self.at, self.known_at)

    @property
    def confirmed(self) -> bool:
        return self.disposition is Disposition.CONFIRMED

    @property
    def open_alert(self) -> bool:
        return self.kind is Kind.ALERT and self.disposition is Disposition.OPEN

    @property
    def case_key(self) -> str | None:
        """The case number as it is compared: however it is spaced, cased and typed, one number is one case."""
        return None if self.case is None else case_key(self.case)


def case_key(number: str) -> str:
    return "".join(unicodedata.normalize("NFKC", number).casefold().split())


def check(fact: Fact) -> None:
    """Whether a fact is whole. Raises Malformed naming the field: `fact_…_invalid`, `fact_date_sentinel`."""
    for name, at in (("at", fact.at), ("known_at", fact.known_at)):
        if at < EARLIEST:
            raise Malformed(
                "fact_date_sentinel",
                f"{rfc3339(at)} stands for no date at all; leave the fact out until its date is known",
                field=name,
            )
    wanted = _NEEDED[fact.kind]
    for name, words in wanted.items():
        value = getattr(fact, name)
        if value not in words:
            raise Malformed(
                f"fact_{name}_invalid",
                f"A fact of the kind {fact.kind} needs {name}, one of {', '.join(words)}; it says {value!r}"[:300],
                field=name,
            )
    if fact.kind is Kind.COUNTERPARTY_FREEZE and not fact.counterparty:
        raise Malformed("fact_counterparty_invalid", "Say whose account was frozen", field="counterparty")
    if fact.kind is Kind.AUTHORITY_ACTION and fact.named and not fact.case_key:
        raise Malformed(
            "fact_case_invalid",
            "An action that names the merchant needs the authority's case number: a prolongation is no second case",
            field="case",
        )
    if fact.disposition is Disposition.EXEMPT and fact.kind is not Kind.REFERENCE_FACTOR:
        raise Malformed(
            "fact_disposition_invalid", f"Only reference factors can be exempt, not {fact.kind}", field="disposition"
        )


_NEEDED: dict[Kind, dict[str, tuple[str, ...]]] = {
    Kind.ALERT: {"severity": SEVERITIES},
    Kind.VIOLATION: {"article": VIOLATIONS},
    Kind.REFERENCE_FACTOR: {"article": FACTORS},
    Kind.COUNTERPARTY_FREEZE: {"level": LEVELS},
    Kind.AUTHORITY_ACTION: {"action": ACTIONS},
    Kind.OTHER_HARM: {},
}


def once(facts: Iterable[Fact]) -> list[Fact]:
    """Each fact once, in an order of its own: who delivers twice, or in another order, changes nothing."""
    found = {fact.id: fact for fact in facts}
    return [found[id] for id in sorted(found)]
