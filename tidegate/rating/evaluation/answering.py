"""The answer to each kind of case, in the words of its `expect`, with the clauses, readings and measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tidegate.base.money import to_text, to_units
from tidegate.base.refusals import Malformed, Refusal
from tidegate.p2p.ads.ad import Side, rank
from tidegate.p2p.bond.bond import deduct
from tidegate.p2p.scope.scope import in_scope
from tidegate.policy.rating_numbers import RatingNumbers
from tidegate.policy.reading import Reader
from tidegate.rating.calendars.calendar import Calendar, NotConfirmed
from tidegate.rating.calendars.proposal import known, proposed
from tidegate.rating.evaluation import reading
from tidegate.rating.fact import Fact, case_key
from tidegate.rating.measures.measure import TERMS, by_text, chosen_from
from tidegate.rating.tiers import Basis, Matter, Tier, rate
from tidegate.rating.transitions import Conditions, Effective, Event, Move, fall, on_appeal, rise
from tidegate.rating.window import days_after, first_day, months_after, of_month

Answer = dict[str, object]
_DECIMALS = 30
_CERTIFICATIONS = ("none", "pending", "certified", "rejected", "exiting", "closed", "dismissed")
_DECISIONS = ("approved", "refused", "appeal_upheld", "data_corrected")


def answers(text: str) -> list[Answer]:
    """The answer to every case of a file. Raises Malformed: one line that names everything that is wrong."""
    return [{"id": case["id"], "result": _answer(case)} for case in reading.file(text)]


def _answer(case: Mapping[str, object]) -> Answer:
    reader, path = Reader(), str(case["id"])
    kind = reader.choice(f"{path}.kind", case["kind"], tuple(_KINDS))
    reading.done(reader)
    return _KINDS[kind](reader, f"{path}.given", case["given"])


# --- a month -----------------------------------------------------------------------------------------------------


def _month(reader: Reader, path: str, value: object) -> Answer:
    given = reader.section(
        path,
        value,
        "month",
        "facts",
        optional=("timezone", "counterparties", "authority_cases_before", "policy"),
    )
    numbers = _numbers_in_zone(reader, path, given)
    facts = reading.facts(reader, f"{path}.facts", given["facts"])
    counterparties = given.get("counterparties")
    if counterparties is not None:
        counterparties = reader.whole(f"{path}.counterparties", counterparties, 0, 10**12)
    before = [
        reader.text(here, line, 200)
        for here, line in reader.lines(f"{path}.authority_cases_before", given.get("authority_cases_before", []))
    ]
    month = _month_name(reader, f"{path}.month", given["month"])
    reading.done(reader)
    matter = Matter(
        facts=facts,
        window=of_month(month, numbers.zone),
        counterparties=counterparties if isinstance(counterparties, int) else None,
        cases_before=frozenset(map(case_key, before)),
    )
    rated = rate(matter, numbers)
    return {
        "tier": rated.tier,
        "basis": rated.basis,
        "person": rated.person,
        "conduct": rated.conduct,
        "consequence": rated.consequence,
        "clauses": list(rated.clauses),
        "readings": list(rated.readings),
        "measures": _measures(rated.tier, _characterised(facts, rated.facts)),
    }


def _characterised(facts: Sequence[Fact], counted: Sequence[str]) -> bool:
    return any(fact.action == "characterised" and fact.id in counted for fact in facts)


def _measures(tier: Tier, characterised: bool) -> list[Answer]:
    """What follows by the text, and what a person may choose."""
    automatic = [(measure, "text") for measure in by_text(tier, characterised)]
    may = [(measure, "person") for measure in chosen_from(tier, characterised)]
    return [{"measure": m, "chosen_by": who, "reversible": TERMS[m].reversible} for m, who in automatic + may]


def _numbers_in_zone(reader: Reader, path: str, given: Mapping[str, object]) -> RatingNumbers:
    numbers = reading.numbers(reader, f"{path}.policy", given.get("policy"))
    if "timezone" in given:
        said = reading.numbers(reader, path, {"timezone": given["timezone"]})
        numbers = replace(numbers, timezone=said.timezone)
    return numbers


def _month_name(reader: Reader, path: str, value: object) -> str:
    try:
        if isinstance(value, str) and first_day(value):
            return value
    except Refusal:
        pass
    if not reader.absent(value):
        reader.fault(path, f'is {value!r}; it must be a month like "2026-03"'[:200])
    return "2000-01"


# --- a deadline --------------------------------------------------------------------------------------------------


def _deadline(reader: Reader, path: str, value: object) -> Answer:
    given = reader.section(path, value, "month", "calendar", "confirmed_years", optional=("policy",))
    month = _month_name(reader, f"{path}.month", given["month"])
    name = reader.text(f"{path}.calendar", given["calendar"], 20)
    if name and not known(name):
        reader.fault(f"{path}.calendar", f"is {name!r}, no calendar that is known here")
    years = [
        reader.whole(here, line, 2000, 2099)
        for here, line in reader.lines(f"{path}.confirmed_years", given["confirmed_years"])
    ]
    numbers = reading.numbers(reader, f"{path}.policy", given.get("policy"))
    reading.done(reader)
    said: Answer = {"clauses": ["S2 Art. 4"], "readings": ["R05"], "measures": []}
    try:
        confirmed = {year: proposed(name, year) for year in sorted(set(years)) if _announced(name, year)}
        day = Calendar(name, confirmed).deadline(month, numbers.publication_days)
    except NotConfirmed as missing:
        return {"error": missing.code, **said}
    return {"deadline": day.isoformat(), **said}


def _announced(name: str, year: int) -> bool:
    """Whether anybody can have confirmed that year: nobody knows its make-up days before they are announced."""
    try:
        proposed(name, year)
    except Malformed:
        return False
    return True


# --- a transition ------------------------------------------------------------------------------------------------

_TIMES = (
    "since",
    "medium_since",
    "observation_ends",
    "restriction_starts",
    "restriction_ends",
    "last_confirmed_event",
)


def _transition(reader: Reader, path: str, value: object) -> Answer:
    given = reader.section(
        path,
        value,
        "effective",
        "at",
        optional=("open_alerts", "confirmed_event", "decision", "policy", "timezone"),
    )
    numbers = _numbers_in_zone(reader, path, given)
    at = reading.time(reader, f"{path}.at", given["at"])
    if at is None and given["at"] is None:
        reader.fault(f"{path}.at", "is null; say when")
    standing = _standing(reader, f"{path}.effective", given["effective"], numbers)
    opened = reader.whole(f"{path}.open_alerts", given.get("open_alerts", 0), 0, 10**6)
    event = _event(reader, f"{path}.confirmed_event", given.get("confirmed_event"))
    decision = given.get("decision")
    if decision is not None:
        decision = reader.choice(f"{path}.decision", decision, _DECISIONS)
    reading.done(reader)
    assert at is not None
    move = _moved(standing, at, opened, event, decision, numbers)
    return {
        "tier": move.tier,
        "person": move.person,
        "people": move.people,
        "rule": move.rule,
        "reasons": list(move.reasons),
        "clauses": ["S2 Art. 8"],
        "readings": list(move.readings),
        "measures": [] if move.rule is None else _measures(move.tier, characterised=False),
    }


@dataclass(frozen=True, slots=True)
class _Standing:
    effective: Effective
    conditions: Conditions
    earlier: Tier


def _moved(
    s: _Standing, at: datetime, opened: int, event: Event | None, decision: object, numbers: RatingNumbers
) -> Move:
    """Rises before falls (R26)."""
    if event is not None:
        return rise(s.effective, event, at)
    if decision in ("appeal_upheld", "data_corrected"):
        return on_appeal(s.effective, s.earlier)
    return fall(s.effective, at, opened, s.conditions, decision == "approved", numbers)


def _standing(reader: Reader, path: str, value: object, numbers: RatingNumbers) -> _Standing:
    given = reader.section(
        path,
        value,
        "tier",
        optional=(*_TIMES, "bond_required", "bond_locked", "cooperation_recorded", "earlier_tier"),
    )
    tier = Tier(reader.choice(f"{path}.tier", given["tier"], tuple(Tier)))
    earlier = Tier(reader.choice(f"{path}.earlier_tier", given.get("earlier_tier", Tier.LOW), tuple(Tier)))
    when = {name: reading.time(reader, f"{path}.{name}", given.get(name)) for name in _TIMES}
    since, event = when["since"], when["last_confirmed_event"]
    medium = when["medium_since"] or (since if tier is Tier.MEDIUM else None)
    starts = when["restriction_starts"] or (since if tier is Tier.HIGH else None)
    zone = numbers.zone
    made = Effective(
        tier=tier,
        since=since,
        medium_since=medium,
        observation_ends=when["observation_ends"]
        or (days_after(medium, numbers.observation_days, zone) if medium and tier is Tier.MEDIUM else None),
        relapse_ends=months_after(medium, numbers.relapse_months, zone) if medium else None,
        restriction_starts=starts,
        restriction_ends=when["restriction_ends"]
        or (days_after(starts, numbers.restriction_days, zone) if starts and tier is Tier.HIGH else None),
        last_event=event,
        quiet_medium=days_after(event, numbers.quiet_days_medium, zone) if event else None,
        quiet_high=days_after(event, numbers.quiet_days_high, zone) if event else None,
    )
    required, locked = (
        None if given.get(name) is None else _units(reader, f"{path}.{name}", given[name])
        for name in ("bond_required", "bond_locked")
    )
    covered = required is not None and locked is not None and locked >= required
    cooperation = given.get("cooperation_recorded", False)
    conditions = Conditions(covered, reading.flag(reader, f"{path}.cooperation_recorded", cooperation))
    return _Standing(made, conditions, earlier)


def _units(reader: Reader, path: str, value: object, *, above_zero: bool = False) -> int:
    """A decimal text as whole units of any asset, so that every comparison is exact."""
    text = reader.coins(path, value, above_zero=above_zero)
    return 0 if reader.faulty(path) else to_units(text, _DECIMALS)


def _event(reader: Reader, path: str, value: object) -> Event | None:
    if value is None or reader.absent(value):
        return None
    given = reader.section(path, value, "computed", optional=("basis",))
    computed = reader.choice(f"{path}.computed", given["computed"], tuple(Tier))
    return Event(Tier(computed), Basis(reader.choice(f"{path}.basis", given.get("basis", Basis.TEXT), tuple(Basis))))


# --- scope, bond, ads --------------------------------------------------------------------------------------------


def _scope(reader: Reader, path: str, value: object) -> Answer:
    given = reader.section(path, value, "certification", "bond_locked", "exit_requested")
    certification = reader.choice(f"{path}.certification", given["certification"], _CERTIFICATIONS)
    locked = _units(reader, f"{path}.bond_locked", given["bond_locked"])
    leaving = reading.flag(reader, f"{path}.exit_requested", given["exit_requested"])
    reading.done(reader)
    found = in_scope(certification, locked, leaving)
    return {"in_scope": found, "clauses": ["S2 Art. 2"], "readings": ["R02", "R03"], "measures": []}


def _bond(reader: Reader, path: str, value: object) -> Answer:
    given = reader.section(path, value, "required", "locked", "deduct", optional=("owed",))
    units = {name: _units(reader, f"{path}.{name}", line) for name, line in (("owed", "0"), *given.items())}
    if units["deduct"] == 0 and not reader.faults:
        reader.fault(f"{path}.deduct", "must be more than 0")
    reading.done(reader)
    made = deduct(units["required"], units["locked"], units["owed"], units["deduct"])
    amounts = {"taken": made.taken, "locked": made.locked, "owed": made.owed, "demand": made.demand}
    said: Answer = {name: to_text(amount, _DECIMALS) for name, amount in amounts.items()}
    return {**said, "clauses": ["S2 Art. 7"], "readings": ["R13"], "measures": []}


@dataclass(frozen=True, slots=True)
class _Ad:
    id: str
    price: int
    priced_at: datetime


def _ads(reader: Reader, path: str, value: object) -> Answer:
    given = reader.section(path, value, "side", "ads", optional=("edits",))
    side = Side(reader.choice(f"{path}.side", given["side"], tuple(Side)))
    ads = {ad.id: ad for ad in _ads_of(reader, f"{path}.ads", given["ads"])}
    edits = _ads_of(reader, f"{path}.edits", given.get("edits", []))
    for edit in edits:
        if edit.id not in ads and not reader.faults:
            reader.fault(f"{path}.edits", f"names {edit.id!r}, which is no ad above")
    reading.done(reader)
    before = _ranked(side, ads)
    for edit in edits:
        if edit.price != ads[edit.id].price:  # another price takes a new time
            ads[edit.id] = edit
    return {
        "before": before, "after": _ranked(side, ads), "clauses": ["S2, page text below: ads"], "readings": [],
        "measures": [],
    }  # fmt: skip


def _ranked(side: Side, ads: Mapping[str, _Ad]) -> list[str]:
    return [ad.id for ad in rank(side, ads.values(), lambda ad: ad.price)]


def _ads_of(reader: Reader, path: str, value: object) -> list[_Ad]:
    found = []
    for here, line in reader.lines(path, value):
        ad = reader.section(here, line, "id", "price", "at")
        at = reading.time(reader, f"{here}.at", ad["at"])
        price = _units(reader, f"{here}.price", ad["price"], above_zero=True)
        found.append(_Ad(reader.text(f"{here}.id", ad["id"], 100), price, at or datetime.max))
    return found


_KINDS: Mapping[str, Callable[[Reader, str, object], Answer]] = {
    "month": _month,
    "transition": _transition,
    "deadline": _deadline,
    "scope": _scope,
    "bond": _bond,
    "ads": _ads,
}
