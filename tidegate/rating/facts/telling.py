"""A fact as somebody tells it, before it is one of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tidegate.base.canonical import digest
from tidegate.base.refusals import Conflict, Malformed
from tidegate.base.times import rfc3339
from tidegate.rating.evidence import proves
from tidegate.rating.fact import Disposition, Fact, Kind, check


@dataclass(frozen=True, slots=True)
class Telling:
    """Who tells what about which merchant. `(source, source_id)` is the teller's own name of it: twice is once."""

    merchant_id: str
    source: str
    source_id: str
    fact: Kind
    at: datetime
    known_at: datetime | None = None  # None = now
    article: str | None = None
    severity: str | None = None
    serious: bool | None = None
    counterparty: str | None = None
    order_id: str | None = None
    level: str | None = None
    attributed: bool | None = None
    action: str | None = None
    case: str | None = None
    named: bool | None = None
    indicator: str | None = None
    rule: str | None = None
    rule_version: str | None = None
    evidence: Mapping[str, object] = field(default_factory=dict)
    supersedes: str | None = None  # "fct_…": what this corrects

    @property
    def content(self) -> str:
        """Whether two tellings are the same one."""
        return digest(self)

    def as_fact(self, id: str, now: datetime) -> Fact:
        return Fact(
            id=id,
            kind=self.fact,
            at=self.at,
            known_at=self.known_at or now,
            disposition=Disposition.OPEN,
            article=self.article,
            severity=self.severity,
            serious=bool(self.serious),
            counterparty=self.counterparty,
            level=self.level,
            attributed=self.attributed,
            action=self.action,
            case=self.case,
            named=bool(self.named),
        )


def checked(told: Telling, id: str, now: datetime) -> Fact:
    """The fact that is told. Raises Malformed: `fact_in_future`, `fact_source_invalid`, `fact_unattributable`, and as
    `fact.check` says."""
    made = told.as_fact(id, now)
    check(made)
    for name, at in (("at", made.at), ("known_at", made.known_at)):
        if at > now:
            raise Malformed("fact_in_future", f"{rfc3339(at)} is after {rfc3339(now)}: nobody knows it yet", field=name)
    for name in ("source", "source_id"):
        said = getattr(told, name)
        if not 1 <= len(said) <= 200 or not said.isprintable():
            raise Malformed("fact_source_invalid", f"{name} must be 1 to 200 printable characters", field=name)
    if told.attributed and (told.level is None or not proves(told.level)):
        raise Malformed(
            "fact_unattributable",
            f"A freeze is attributed from E2 on, not at {told.level}: a claim is no proof (R19)",
            field="attributed",
        )
    return made


def check_disposition(fact: Fact, disposition: Disposition) -> None:
    """Raises Malformed `disposition_invalid`; Conflict `disposition_unchanged`."""
    if disposition is Disposition.OPEN:
        raise Malformed(
            "disposition_invalid",
            "A person says confirmed, false_positive or exempt; nothing becomes open again",
            field="disposition",
        )
    if disposition is fact.disposition:
        raise Conflict("disposition_unchanged", f"{fact.id} is {disposition} already.")
    if disposition is Disposition.EXEMPT and fact.kind is not Kind.REFERENCE_FACTOR:
        raise Malformed("disposition_invalid", "Only reference factors can be exempt", field="disposition")
