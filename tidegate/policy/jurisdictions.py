"""What places ask for: dated rules, and the strictest of the places that a withdrawal touches (section 4).

A place is a country, a part of one with a regulator of its own ("AE-DU"), or a union ("EU"). Its rules are data of the
policy pack (`places`), each with its source, the day it begins and, where known, the day it ends. A customer, the
operator and a counterparty may live in three places; every rule of each counts, and the stricter one wins.

Amounts are compared in USD by the policy's own rates. A threshold in a currency without a rate counts from 0: a rule
that nobody can convert is applied to everything and never to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from tidegate.parties.countries import COUNTRIES
from tidegate.policy.reading import STANDINGS, Reader

MICRO = 10**6
_EEA = """
    AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK
"""
EEA = frozenset(_EEA.split())
"""Where "EU" applies: the Union and the three others of the Economic Area."""

_PLACE = re.compile(rf"EU|(?:{'|'.join(sorted(COUNTRIES))})(?:-[A-Z0-9]{{1,3}})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


class Ask(StrEnum):
    """What a rule of a place asks for. The first eight are judged; a note is for people to read."""

    TRAVEL_RULE = "travel_rule"  # originator and beneficiary go to the counterparty, from an amount on
    OWNERSHIP_PROOF = "ownership_proof"  # the customer proves that a self-hosted address is theirs, from an amount on
    DELAY = "delay"  # hours of waiting after an event
    OUT_CAP = "out_cap"  # most that may leave in a window, for a class of assets
    CAP_WITH_TRAVEL_RULE = "cap_with_travel_rule"  # percent of the caps where travel-rule data were exchanged
    ALLOW_LIST = "allow_list"  # only to addresses that the customer has saved
    DESCRIPTION = "description"  # every transfer says what it is for, in so many characters
    EXEMPT_SHARE = "exempt_share"  # most percent of customers who may be exempt from delays
    NOTE = "note"  # anything else


FIELDS = ("basic", "extended")
"""Travel-rule data: names and accounts; or also address, date and place of birth, or a number of a document."""

EVENTS = ("first_deposit", "each_deposit", "each_coin_deposit", "each_purchase", "first_withdrawal")
"""Deposits are of money that a state issues unless they say coins; a purchase is a buy or a swap."""

ASSETS = ("any", "stablecoin")
OVER = ("at_least", "more_than")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one place. Numbers that its kind does not have are 0 or empty."""

    ask: Ask
    since: date
    until: date | None  # the last day on which it holds; None = no end known
    source: str
    amount: int = 0  # millionths of `currency`
    currency: str = "USD"
    over: str = "at_least"  # whether the amount itself is meant too
    fields: str = "basic"
    event: str = ""
    hours: int = 0
    assets: str = "any"
    percent: int = 0
    characters: int = 0
    words: str = ""  # of a note
    spared_by_travel_rule: bool = False  # a delay that falls away where travel-rule data were exchanged

    def in_force(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Place:
    """A place as the pack says it."""

    code: str
    standing: str  # "allowed", "restricted", "banned"
    standing_since: date
    source: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Law:
    """What holds for one withdrawal: the rules in force of every place that it touches."""

    places: tuple[Place, ...]
    rules: tuple[tuple[str, Rule], ...]  # (place, rule)

    @property
    def standing(self) -> str:
        """The worst standing of them; a place that nobody described says nothing here."""
        return max((place.standing for place in self.places), key=STANDINGS.index, default="allowed")

    def of(self, ask: Ask) -> list[tuple[str, Rule]]:
        return [(place, rule) for place, rule in self.rules if rule.ask is ask]


def places_of(code: str) -> tuple[str, ...]:
    """A code and the wider places that it lies in: "AE-DU" is in AE, DE is in EU."""
    country = code.partition("-")[0]
    wider = (code,) if country == code else (code, country)
    return (*wider, "EU") if country in EEA else wider


def is_place(code: str) -> bool:
    """Whether a text is the code of a place, described or not."""
    return _PLACE.fullmatch(code) is not None


def worse(one: str, other: str) -> str:
    """The worse of two standings."""
    return max(one, other, key=STANDINGS.index)


def countries_of(place: str) -> tuple[str, ...]:
    """The countries whose customers a place's rules concern."""
    return tuple(sorted(EEA)) if place == "EU" else (place.partition("-")[0],)


def law(places: Mapping[str, Place], codes: Iterable[str | None], day: date) -> Law:
    """The rules in force on a day for the customer's, the operator's and the counterparty's places (None = unknown)."""
    wanted = sorted({wider for code in codes if code is not None for wider in places_of(code)})
    found = tuple(places[code] for code in wanted if code in places and places[code].standing_since <= day)
    known = [places[code] for code in wanted if code in places]
    return Law(found, tuple((place.code, rule) for place in known for rule in place.rules if rule.in_force(day)))


def reaches(rule: Rule, value: int, rates: Mapping[str, int]) -> bool:
    """Whether a value (micro-USD) reaches the rule's amount. `rates` are micro-USD for one of each currency."""
    rate = MICRO if rule.currency == "USD" else rates.get(rule.currency)
    if rate is None:
        return True
    ours, line = value * MICRO, rule.amount * rate
    return ours > line if rule.over == "more_than" else ours >= line


def travel_rule(held: Law, value: int, rates: Mapping[str, int]) -> tuple[str, str] | None:
    """The fields that must be exchanged with a counterparty, and the place that asks for most; None = nothing."""
    asked = [(rule.fields, place) for place, rule in held.of(Ask.TRAVEL_RULE) if reaches(rule, value, rates)]
    return max(asked, key=lambda pair: (FIELDS.index(pair[0]), pair[1]), default=None)


def ownership_proof(held: Law, value: int, rates: Mapping[str, int]) -> str | None:
    """The place that asks for proof that a self-hosted address is the customer's; None = nobody does."""
    return min((p for p, rule in held.of(Ask.OWNERSHIP_PROOF) if reaches(rule, value, rates)), default=None)


@dataclass(frozen=True, slots=True)
class Delayed:
    """A wait that a place asks for."""

    place: str
    event: str
    hours: int
    ends: datetime


def delays(
    held: Law, happened: Mapping[str, datetime], now: datetime, travel_rule_met: bool, exempt: Collection[str] = ()
) -> list[Delayed]:
    """Waits that are not over, longest first. `happened` is when each event took place, for those that did; the wait
    of `first_withdrawal` begins with the newest deposit or purchase, and is asked of whoever never withdrew.
    `exempt` are places whose delays this customer is spared by an exemption in force."""
    found = []
    for place, rule in held.of(Ask.DELAY):
        start = happened.get(rule.event)
        if start is None or place in exempt or (rule.spared_by_travel_rule and travel_rule_met):
            continue
        ends = start + timedelta(hours=rule.hours)
        if now < ends:
            found.append(Delayed(place, rule.event, rule.hours, ends))
    return sorted(found, key=lambda d: (d.ends, d.place), reverse=True)


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that may leave in a window, micro-USD."""

    place: str
    assets: str
    hours: int
    limit: int


def caps(held: Law, is_stablecoin: bool, rates: Mapping[str, int], travel_rule_met: bool) -> list[Cap]:
    """Caps on this asset's class, with a multiplier where travel-rule data were exchanged. A cap in a currency
    without a rate is 0."""
    found = []
    for place, rule in held.of(Ask.OUT_CAP):
        if rule.assets == "stablecoin" and not is_stablecoin:
            continue
        rate = MICRO if rule.currency == "USD" else rates.get(rule.currency, 0)
        percent = max(
            (r.percent for p, r in held.of(Ask.CAP_WITH_TRAVEL_RULE) if p == place and travel_rule_met), default=100
        )
        found.append(Cap(place, rule.assets, rule.hours, rule.amount * rate * percent // (100 * MICRO)))
    return sorted(found, key=lambda cap: (cap.hours, cap.limit, cap.place))


def allow_list(held: Law) -> str | None:
    """The place that lets coins go only to saved addresses; None = nobody does."""
    return min((place for place, _ in held.of(Ask.ALLOW_LIST)), default=None)


def description(held: Law) -> tuple[int, str] | None:
    """How many characters of description a transfer needs, and where that is asked; None = none."""
    return max(((rule.characters, place) for place, rule in held.of(Ask.DESCRIPTION)), default=None)


def exempt_share(held: Law, place: str) -> int:
    """Most percent of a place's customers who may be exempt from its delays; 100 where the place does not say."""
    return min((rule.percent for p, rule in held.of(Ask.EXEMPT_SHARE) if p == place), default=100)


# --- the section `places` of a pack ------------------------------------------------------------------------------

_NUMBERS: dict[Ask, tuple[str, ...]] = {
    Ask.TRAVEL_RULE: ("amount", "currency", "over", "fields"),
    Ask.OWNERSHIP_PROOF: ("amount", "currency", "over"),
    Ask.DELAY: ("event", "hours"),
    Ask.OUT_CAP: ("amount", "currency", "assets", "hours"),
    Ask.CAP_WITH_TRAVEL_RULE: ("percent",),
    Ask.ALLOW_LIST: (),
    Ask.DESCRIPTION: ("characters",),
    Ask.EXEMPT_SHARE: ("percent",),
    Ask.NOTE: ("words",),
}


def read(reader: Reader, path: str, value: object) -> dict[str, Place]:
    """The section `places`: place code -> standing, since, source, rules. Faults go to the reader."""
    found = {}
    for code, said in reader.entries(path, value, _PLACE, 'a place, like "DE", "AE-DU" or "EU"').items():
        here = f"{path}.{code}"
        line = reader.section(here, said, "standing", "since", "source", "rules")
        rules = tuple(_rule(reader, where, item) for where, item in reader.lines(f"{here}.rules", line["rules"]))
        for where, why in contradictions(rules):
            reader.fault(f"{here}.rules[{where}]", why)
        found[code] = Place(
            code,
            reader.standing(f"{here}.standing", line["standing"]),
            reader.day(f"{here}.since", line["since"]),
            reader.text(f"{here}.source", line["source"]),
            rules,
        )
    return found


def _rule(reader: Reader, path: str, value: object) -> Rule:
    said = value if isinstance(value, Mapping) else {}
    ask = Ask(reader.choice(f"{path}.ask", said.get("ask"), [ask.value for ask in Ask]))
    line = reader.section(
        path, value, "ask", "since", "source", *_NUMBERS[ask], optional=("until", "spared_by_travel_rule")
    )
    since = reader.day(f"{path}.since", line["since"])
    until = reader.day(f"{path}.until", line["until"]) if line.get("until") is not None else None
    if until is not None and until < since:
        reader.fault(f"{path}.until", f"is {until}, before it begins on {since}")
    spared = line.get("spared_by_travel_rule", False)
    if type(spared) is not bool or (spared and ask is not Ask.DELAY):
        reader.fault(f"{path}.spared_by_travel_rule", "is true or false, and only a delay can be spared")
    return Rule(
        ask,
        since,
        until,
        reader.text(f"{path}.source", line["source"]),
        amount=reader.usd(f"{path}.amount", line["amount"]) if "amount" in line else 0,
        currency=_currency(reader, f"{path}.currency", line["currency"]) if "currency" in line else "USD",
        over=reader.choice(f"{path}.over", line["over"], OVER) if "over" in line else "at_least",
        fields=reader.choice(f"{path}.fields", line["fields"], FIELDS) if "fields" in line else "basic",
        event=reader.choice(f"{path}.event", line["event"], EVENTS) if "event" in line else "",
        hours=reader.whole(f"{path}.hours", line["hours"], 1, 24 * 400) if "hours" in line else 0,
        assets=reader.choice(f"{path}.assets", line["assets"], ASSETS) if "assets" in line else "any",
        percent=reader.whole(f"{path}.percent", line["percent"], 0, 1000) if "percent" in line else 0,
        characters=reader.whole(f"{path}.characters", line["characters"], 1, 500) if "characters" in line else 0,
        words=reader.text(f"{path}.words", line["words"]) if "words" in line else "",
        spared_by_travel_rule=bool(spared),
    )


def _currency(reader: Reader, path: str, value: object) -> str:
    text = reader.text(path, value, 3)
    if text and not _CURRENCY.fullmatch(text):
        reader.fault(path, f'is {text!r}; it must be a currency like "EUR"')
    return text


def place(reader: Reader, path: str, value: object) -> str:
    """A place's code on its own: whose rules bind the operator."""
    code = reader.text(path, value, 6)
    if code and not _PLACE.fullmatch(code):
        reader.fault(path, f'is {code!r}; it must be a place, like "HK" or "AE-DU"')
    return code


def rates(reader: Reader, path: str, value: object) -> dict[str, int]:
    """The section `fx`: currency -> micro-USD for one of it, above 0."""
    found = {}
    for currency, text in reader.entries(path, value, _CURRENCY, 'a currency, like "EUR"').items():
        rate = reader.usd(f"{path}.{currency}", text)
        if rate == 0:
            reader.fault(f"{path}.{currency}", "must be 0.000001 USD or more: a rate of 0 makes every line vanish")
        found[currency] = rate
    return found


def contradictions(rules: Iterable[Rule]) -> list[tuple[int, str]]:
    """Rules of one place that say two things about one matter on one day: (position of the later one, why)."""
    seen: list[tuple[int, Rule]] = []
    found = []
    for position, rule in enumerate(rules):
        for before, other in seen:
            if _matter(rule) == _matter(other) and _overlap(rule, other):
                found.append((position, f"says something else than rule {before} about the same days"))
                break
        seen.append((position, rule))
    return found


def _matter(rule: Rule) -> tuple[object, ...]:
    """What a rule is about. Several travel-rule tiers stand beside each other when their fields differ."""
    return (rule.ask, rule.fields, rule.event, rule.assets, rule.hours if rule.ask is Ask.OUT_CAP else 0) + (
        (rule.words,) if rule.ask is Ask.NOTE else ()
    )


def _overlap(one: Rule, other: Rule) -> bool:
    first, second = sorted((one, other), key=lambda rule: rule.since)
    return first.until is None or second.since <= first.until
