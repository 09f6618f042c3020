"""A rated merchant for tests: a confirmed calendar, facts told and judged, all by the product's own flows."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import merchant_kit
from house import House, furnish

from tidegate.base.refusals import Refusal
from tidegate.db import Conn
from tidegate.p2p.merchants.merchant import Merchant
from tidegate.rating import jobs
from tidegate.rating.calendars import flow as calendars
from tidegate.rating.decisions import flow as decisions
from tidegate.rating.decisions.decision import Terms
from tidegate.rating.decisions.store import DecisionRow
from tidegate.rating.events import flow as events
from tidegate.rating.fact import Kind
from tidegate.rating.facts import flow as facts
from tidegate.rating.facts.store import FactRow
from tidegate.rating.facts.telling import Telling
from tidegate.rating.lines import flow as lines
from tidegate.rating.lines.store import LineRow
from tidegate.rating.publishing import flow as publishing
from tidegate.rating.publishing.store import PublicationRow
from tidegate.rating.runs import flow as runs
from tidegate.rating.standing import flow as standing
from tidegate.rating.standing.store import TierRow

DECEMBER = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
"""The first instant of December in Shanghai, where the platform's months end."""


@dataclass
class Desk:
    """A house with a confirmed calendar and people who judge."""

    house: House
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    mei: str = ""
    anton: str = ""
    olga: str = ""

    @property
    def conn(self) -> Conn:
        return self.house.conn

    @property
    def now(self) -> datetime:
        return self.house.now

    def merchant(self) -> Merchant:
        return merchant_kit.certified(self.house)

    def telling(self, merchant: str, kind: Kind = Kind.ALERT, **more: object) -> Telling:
        usual: dict[Kind, dict[str, object]] = {
            Kind.ALERT: {"severity": "warn"},
            Kind.VIOLATION: {"article": "5.2b"},
            Kind.REFERENCE_FACTOR: {"article": "5.3b"},
            Kind.COUNTERPARTY_FREEZE: {"counterparty": "cus_frozen", "level": "E2"},
            Kind.AUTHORITY_ACTION: {"action": "investigation", "case": "case-1", "named": True},
            Kind.OTHER_HARM: {},
        }
        said = {"source": "monitoring", "source_id": f"n{next(self.numbers)}", "at": self.now, **usual[kind], **more}
        return Telling(merchant_id=merchant, fact=kind, **said)  # type: ignore[arg-type]

    def told(self, merchant: str, kind: Kind = Kind.ALERT, by: str = "monitor", **more: object) -> FactRow:
        """Tell one fact; it as stored."""
        (done,) = facts.record(self.conn, [self.telling(merchant, kind, **more)], by, self.now)
        if isinstance(done, Refusal):
            raise done
        return done.fact

    def judge(self, fact_id: str, disposition: str = "confirmed", by: str | None = None) -> FactRow:
        return events.judged(self.conn, fact_id, disposition, "looked at it", by or self.mei, self.now)

    def confirmed(self, merchant: str, kind: Kind = Kind.ALERT, **more: object) -> FactRow:
        return self.judge(self.told(merchant, kind, **more).id)

    def tier(self, merchant: str) -> TierRow:
        return standing.of(self.conn, merchant)

    def line(self, merchant: str) -> LineRow:
        """The newest line about somebody."""
        return lines.of_subject(self.conn, merchant)[0]

    def decide(self, line: str, tier: str, *people: str, **more: object) -> DecisionRow | None:
        """Each of these people says the same; the decision, if that made one."""
        terms = Terms(**{"tier": tier, "code": "as_computed", **more})  # type: ignore[arg-type]
        made = None
        for person in people or (self.mei,):
            made = decisions.decide(self.conn, line, terms, "as the facts say", person, self.now)
        return made

    def publish(self, line: str) -> PublicationRow:
        return publishing.publish(self.conn, line, self.mei, self.now)

    def tell_after_check(self, line: str) -> PublicationRow:
        """Wait until the merchant's time for corrections is over, then tell it."""
        decision = decisions.get(self.conn, line)
        assert decision is not None
        assert decision.check_until is not None
        self.house.now = max(self.house.now, decision.check_until)
        return self.publish(line)

    def raised_to_high(self, merchant: str, **more: object) -> LineRow:
        """A merchant is HIGH by decision, for a frozen counterparty."""
        self.confirmed(merchant, Kind.COUNTERPARTY_FREEZE)
        line = self.line(merchant)
        self.decide(line.id, "high", **{"preset": "A", **more})
        self.tell_after_check(line.id)
        return line

    def month_over(self) -> None:
        self.house.now = DECEMBER + timedelta(hours=1)

    def run(self, month: str = "2026-11") -> runs.Done:
        return runs.run(self.conn, month, self.mei, self.now)

    def tick(self, **span: float) -> int:
        self.house.wait(**span)
        return jobs.tick(self.conn, self.house.clock)


def open_desk(conn: Conn) -> Desk:
    """Move in, and confirm the calendar of this year."""
    return staffed(furnish(conn))


def staffed(house: House) -> Desk:
    """The desk of a house that is furnished already."""
    desk = Desk(house)
    desk.mei, desk.anton, desk.olga = (merchant_kit.staff(desk.house, name) for name in ("Mei", "Anton", "Olga"))
    year = calendars.propose(house.conn, "CN", 2026, "key_admin", desk.now)
    calendars.confirm(house.conn, year.row.id, year.row.hash, desk.mei, desk.now)
    return desk
