"""What a merchant is, and which step may follow which (S2 Art. 2, rulebook section 1)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tidegate.base.refusals import Conflict, Forbidden, Malformed
from tidegate.parties.party import check_reason


class Certification(StrEnum):
    """Where a merchant account stands."""

    PENDING = "pending"  # applied; nobody has decided
    CERTIFIED = "certified"
    REJECTED = "rejected"  # may apply again, or take the bond back by leaving
    EXITING = "exiting"  # asked to leave
    CLOSED = "closed"  # left, the bond is back
    DISMISSED = "dismissed"  # by a decision about them; what is left of the bond comes back like that of who leaves


C = Certification
MOVES: dict[C, frozenset[C]] = {
    C.PENDING: frozenset({C.CERTIFIED, C.REJECTED, C.EXITING, C.DISMISSED}),
    C.CERTIFIED: frozenset({C.EXITING, C.DISMISSED}),
    C.REJECTED: frozenset({C.PENDING, C.EXITING, C.DISMISSED}),
    C.EXITING: frozenset({C.PENDING, C.CERTIFIED, C.REJECTED, C.CLOSED, C.DISMISSED}),  # back, if the wish is declined
    C.CLOSED: frozenset(),
    C.DISMISSED: frozenset({C.PENDING, C.CERTIFIED, C.CLOSED}),  # only where an appeal was right
}

LINK_EVIDENCE = ("identity_document", "ownership_record", "own_statement", "authority", "shared_account")
"""What shows that two accounts are one person's (R20)."""
WEAK_EVIDENCE = ("shared_device", "shared_network")
"""What shows it to nobody: families, offices and cafés share these."""

MATTERS = ("dispute", "rating", "appeal", "freeze", "deduction", "other")
"""What keeps a bond from going back."""


@dataclass(frozen=True, slots=True)
class Merchant:
    """A merchant account as stored."""

    id: str  # "mer_…"
    party_id: str  # "cus_…"
    subject_id: str  # the person's first merchant account: the tier belongs to it
    country: str
    certification: Certification
    reason: str | None  # a person's last words on it
    rules_version: str | None  # agreed to; None = declined
    applied_at: datetime
    certified_at: datetime | None
    exit_from: Certification | None  # where a declined wish to leave goes back to
    exit_asked_at: datetime | None
    exit_approved_at: datetime | None
    closed_at: datetime | None
    changed_at: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "certification", C(self.certification))
        if self.exit_from is not None:
            object.__setattr__(self, "exit_from", C(self.exit_from))

    @property
    def qualification(self) -> Certification:
        """What they are by Art. 2: who asks to leave stays what they were until a person agrees.

        Otherwise a merchant whose bond is used up could leave the rating by asking.
        """
        if self.certification is C.EXITING and self.exit_approved_at is None and self.exit_from is not None:
            return self.exit_from
        return self.certification

    @property
    def exit_open(self) -> bool:
        return self.exit_asked_at is not None and self.closed_at is None

    @property
    def may_trade(self) -> bool:
        """Whether the desk takes ads of theirs; what is ordered about the party comes on top."""
        return self.certification is C.CERTIFIED


@dataclass(frozen=True, slots=True)
class Matter:
    """Something open about a merchant. `ref` names it: "ord_…", "case_…"."""

    merchant_id: str
    kind: str
    ref: str
    opened_at: datetime


def check_move(merchant: Merchant, to: Certification) -> None:
    """Raises Conflict `merchant_not_<state>` naming where it stands."""
    if to not in MOVES[merchant.certification]:
        raise Conflict(f"merchant_not_{to}", f"{merchant.id} is {merchant.certification}; it cannot become {to}.")


def check_certified(id: str, certification: str) -> None:
    """Raises Conflict `merchant_not_certified`."""
    if certification != C.CERTIFIED:
        raise Conflict("merchant_not_certified", f"{id} is {certification}; only a certified merchant trades.")


def check_rules_version(said: str, current: str) -> None:
    """Consent is to the rules as they are now. Raises Conflict `rules_version_stale`."""
    if said != current:
        raise Conflict(
            "rules_version_stale",
            f"The rules in force are version {current!r}, not {said[:40]!r}; read them and agree to those.",
            field="rules_version",
        )


def check_certifiable(level: int | None, verified_name: str | None, covered: bool, banned: Collection[str]) -> None:
    """Raises Conflict `identity_missing`, `bond_short`; Forbidden `party_restricted`."""
    if not level or not verified_name:
        raise Conflict("identity_missing", "One verified person is one merchant: verify who they are, with the name.")
    if banned:
        raise Forbidden("party_restricted", f"A {sorted(banned)[0]} is in force on this customer; lift it first.")
    if not covered:
        raise Conflict("bond_short", "The required bond is not locked yet.")


def check_link(merchant: Merchant, other: Merchant, evidence: str, note: str) -> None:
    """A person links by what they have seen. Raises Malformed `link_evidence_weak`, `link_evidence_unknown`,
    `note_invalid`; Conflict `linked_already`."""
    if evidence in WEAK_EVIDENCE:
        raise Malformed(
            "link_evidence_weak",
            f"{evidence} alone links nobody: many people share one. Name {', '.join(LINK_EVIDENCE)}.",
            field="evidence",
        )
    if evidence not in LINK_EVIDENCE:
        raise Malformed(
            "link_evidence_unknown",
            f"{evidence[:40]!r} is none of {', '.join(LINK_EVIDENCE)}",
            field="evidence",
        )
    check_reason(note, "note")
    if merchant.subject_id == other.subject_id:
        raise Conflict("linked_already", f"{merchant.id} and {other.id} are one person's already.")


def check_free(what: str, matters: Collection[Matter]) -> None:
    """Nothing goes back while a matter is open. Raises Conflict `matter_open` naming the first."""
    if matters:
        first = min(matters, key=lambda m: (m.opened_at, m.ref))
        more = f" and {len(matters) - 1} more" if len(matters) > 1 else ""
        raise Conflict("matter_open", f"{what} waits: {first.kind} {first.ref} is open{more}.")
