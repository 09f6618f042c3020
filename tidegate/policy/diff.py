"""What one pack means beside another: each number that differs, and whether that makes the gate tighter or looser.

Tighter acts at once; looser waits (`pack.loosening_hours`). Where nobody can tell, the word is "changed", and a change
counts as a loosening: the table below has to say it before a number may be called tighter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal

from tidegate.base.canonical import canonical
from tidegate.base.findings import Outcome
from tidegate.policy import factor_numbers, rules
from tidegate.policy.language import Catalogue, Rule, RuleFault, Turn
from tidegate.policy.language import check as read_rule
from tidegate.policy.language.meaning import change
from tidegate.policy.pack import LOOSENING_HOURS
from tidegate.policy.rating_numbers import FALLS
from tidegate.policy.reading import STANDINGS, Reader
from tidegate.policy.rules import Mode, PackRule
from tidegate.policy.screening_numbers import ACTIONS

Path = tuple[str, ...]
Pack = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Difference:
    """One number, word or rule that is not the same. None = it is not there."""

    path: str
    before: str | None
    after: str | None
    turn: Turn

    @property
    def loosens(self) -> bool:
        return self.turn in (Turn.LOOSER, Turn.CHANGED)

    def __str__(self) -> str:
        return f"{self.path}: {self.before or 'nothing'} to {self.after or 'nothing'} ({self.turn})"


@dataclass(frozen=True, slots=True)
class Way:
    """How to judge one kind of leaf. `rank` rises with tightness; None = no order that we could defend."""

    rank: Callable[[object], Decimal] | None
    added: Turn = Turn.CHANGED
    removed: Turn = Turn.CHANGED

    def turn(self, before: object, after: object) -> Turn:
        if before is None or after is None:
            return self.added if before is None else self.removed
        try:
            return self._moved(before, after)
        except (ValueError, ArithmeticError):  # not of the kind that the table thinks: nobody can tell
            return Turn.CHANGED

    def _moved(self, before: object, after: object) -> Turn:
        if self.rank is None:
            return Turn.CHANGED
        was, now = self.rank(before), self.rank(after)
        return Turn.CHANGED if was == now else Turn.TIGHTER if now > was else Turn.LOOSER


class Asks(Way):
    """What a finding asks for: the order of outcomes, but for a step-up that is no longer asked."""

    def _moved(self, before: object, after: object) -> Turn:
        turn = super()._moved(before, after)
        return Turn.CHANGED if _drops_step_up(Outcome(str(before)), Outcome(str(after))) else turn


def _drops_step_up(before: Outcome, after: Outcome) -> bool:
    """A stronger factor is asked beside a delay and beside a person, not instead: only a "no" makes up for it."""
    return before is Outcome.STEP_UP and after in (Outcome.DELAY, Outcome.REVIEW)


def _more(value: object) -> Decimal:
    return Decimal(str(value))


def _less(value: object) -> Decimal:
    return -Decimal(str(value))


def _word(words: tuple[str, ...]) -> Callable[[object], Decimal]:
    return lambda value: Decimal(words.index(str(value)))


def _how_many(value: object) -> Decimal:
    return Decimal(len(_items(value)))


_T, _L = Turn.TIGHTER, Turn.LOOSER
MORE, LESS, CHANGED = Way(_more), Way(_less), Way(None)
FALLING = Way(_word(FALLS))
ASKS = Asks(_word(tuple(Outcome)))
FLAG, FACTORS = Way(_word(("False", "True"))), Way(_how_many)
STANDING, ACTION = Way(_word(STANDINGS)), Way(_word(ACTIONS))
CAP = Way(_less, added=_T, removed=_L)  # a limit that holds where it is said: without it there is none
OPENING = Way(_less, added=_L, removed=_T)  # without it nothing leaves at all: silence is a refusal
BOND = Way(_more, added=_L, removed=_T)  # an asset more to choose from is a way more to do with less
NEEDED = Way(None, added=_T, removed=_L)
ALSO = Way(_word(("False", "True")), added=_T, removed=_L)  # left out it is false

WAYS: tuple[tuple[Path, Way], ...] = (
    (("limits_24h", "*"), OPENING),
    (("limits", "*"), CAP),
    (("limits_per_transaction", "*"), CAP),
    (("new_address", "from_value"), LESS),
    (("new_address", "hours"), MORE),
    (("new_address", "large_from_value"), LESS),
    (("new_address", "large_hours"), MORE),
    (("credential_hold_hours", "*"), MORE),
    (("confirmation", "minutes"), LESS),
    (("confirmation", "tries"), LESS),
    (("jurisdictions", "default"), STANDING),
    (("jurisdictions", "countries", "*"), STANDING),
    (("review", "from_value"), LESS),
    (("review", "quorum", "*"), MORE),
    (("review", "sla_hours"), CHANGED),
    (("fees", "*"), Way(None, added=_L, removed=_T)),
    (("network_fee_ceiling", "*"), OPENING),
    (("fixed_prices", "*"), Way(None, added=_L, removed=_T)),
    (("required_lists", "*"), NEEDED),
    (("check_failures", "*"), CHANGED),
    (("outside_checks", "*"), CAP),
    (("deciding", "outside_seconds"), CHANGED),
    (("deciding", "reserved_minutes"), CHANGED),
    (("authorisation_minutes",), LESS),
    (("loosening_hours",), MORE),
    # A lower line asks for more travel-rule data, and data that were exchanged double a cap and spare a delay.
    (("fx", "*"), CHANGED),
    (("places", "*"), CHANGED),
    (("operator",), CHANGED),
    (("stablecoins", "*"), CHANGED),
    # Fewer equal characters are enough to call two addresses confusable: more is found.
    (("screening", "look_alike", "*"), LESS),
    (("screening", "actions", "*", "*"), ACTION),
    (("screening", "insist_hours"), LESS),
    (("screening", "allow_list", "*"), MORE),
    (("screening", "names", "*"), LESS),
    (("market", "multipliers_percent", "*"), LESS),
    (("market", "floor_percent"), CHANGED),
    (("market", "ewma_percent"), CHANGED),
    (("market", "sample_minutes"), CHANGED),
    (("market", "history_days"), CHANGED),
    (("market", "quantile_percent"), CHANGED),
    (("market", "volatility_percent", "*"), LESS),
    (("market", "least_volatility_percent", "*"), LESS),
    (("market", "fall_percent", "*"), LESS),
    (("market", "falls_percent", "*", "*"), LESS),
    (("market", "pegs", "*"), CHANGED),
    (("market", "depeg_percent", "*"), LESS),
    (("market", "exit_percent"), LESS),  # calm is believed only further below the threshold
    (("market", "dwell_minutes"), MORE),
    (("market", "expiry_hours"), MORE),
    (("market", "confirm_minutes"), CHANGED),
    (("market", "stale_minutes"), LESS),
    (("market", "skew_seconds"), CHANGED),
    (("market", "disagree_percent"), LESS),
    (("market", "jump_factor"), CHANGED),
    (("market", "two_sources_from_value"), LESS),
    (("market", "outflow_percent", "*", "*"), LESS),
    (("behaviour", "session", "logins_required"), FLAG),
    (("behaviour", "session", "*", "step_up"), ALSO),
    # With these two the facts themselves are gathered: a rule that held whom nobody knew enough of may let them go.
    (("behaviour", "session", "travel", "hours"), CHANGED),
    (("behaviour", "session", "travel", "look_back_hours"), CHANGED),
    (("behaviour", "session", "*", "hours"), MORE),
    (("behaviour", "session", "*", "outcome"), ASKS),
    (("behaviour", "velocity", "*", "outcome"), ASKS),
    (("behaviour", "velocity", "*", "from_value"), LESS),
    (("behaviour", "velocity", "*", "most"), LESS),
    (("behaviour", "velocity", "*", "percent"), LESS),
    (("behaviour", "velocity", "pass_through", "minutes"), CHANGED),  # in longer more arrived, and this is less of it
    (("behaviour", "velocity", "dormant", "days"), LESS),
    (("behaviour", "history", "outcome"), ASKS),
    (("behaviour", "history", "*"), LESS),
    (("behaviour", "units", "*", "outcome"), ASKS),
    (("behaviour", "units", "largest", "*"), LESS),
    (("behaviour", "units", "hot", "percent"), LESS),
    (("behaviour", "units", "hot", "required"), FLAG),
    (("behaviour", "units", "hot", "stale_minutes"), CHANGED),  # an old balance still measures, and nobody looks anew
    (("behaviour", "units", "supply", "ppm"), LESS),
    (("behaviour", "units", "supply", "coins", "*"), CAP),
    (("behaviour", "egress", "minutes"), MORE),  # in longer more leaves
    (("behaviour", "egress", "reset_people"), MORE),
    (("behaviour", "egress", "*"), LESS),
    (("standing", "most"), LESS),
    (("standing", "per_asset"), LESS),
    (("standing", "fee_percent"), LESS),
    (("standing", "look_seconds"), CHANGED),
    (("standing", "again_hours"), CHANGED),  # fewer runs, but each waits longer for a fee
    (("factors", "link_hours"), LESS),
    (("factors", "challenge_minutes"), LESS),
    (("factors", "resend_seconds"), MORE),
    (("factors", "freeze_link_days"), MORE),
    (("factors", "unfreeze_hours"), MORE),
    (("factors", "step_up", "*"), FACTORS),
    (("travel_rule_wait_hours",), CHANGED),
    (("merchants", "bond", "*"), BOND),
    (("merchants", "release_days"), MORE),
    (("merchants", "top_up_days"), LESS),
    (("merchants", "name_score"), MORE),
    (("merchants", "*"), CHANGED),
    # Fewer are "several", a "mass", and so on: more merchants are raised.
    (("rating", "multiple"), LESS),
    (("rating", "repeatedly"), LESS),
    (("rating", "mass_counterparties"), LESS),
    (("rating", "mass_least"), LESS),
    (("rating", "mass_percent"), LESS),
    (("rating", "observation_days"), MORE),
    (("rating", "quiet_days_medium"), MORE),
    (("rating", "quiet_days_high"), MORE),
    (("rating", "fall_when"), FALLING),
    (("rating", "relapse_months"), MORE),
    (("rating", "restriction_days"), MORE),
    (("rating", "restriction_days_least"), MORE),
    (("rating", "restriction_days_most"), MORE),
    (("rating", "publication_days"), LESS),
    (("rating", "delay_hours"), MORE),
    (("rating", "trade_limit_usd"), LESS),
    (("rating", "withdrawal_limit_usd"), LESS),
    (("rating", "*"), CHANGED),
    (("retention", "*"), CHANGED),
    (("p2p", "currencies", "*"), Way(None, added=_L, removed=_T)),
    (("p2p", "payment_minutes", "*"), CHANGED),
    (("p2p", "open_orders"), LESS),
    (("p2p", "dispute", "hours"), CHANGED),
    (("p2p", "dispute", "two_people_from_value"), LESS),
    (("p2p", "retention_hours", "*"), MORE),
    (("p2p", "retention_hours", "*", "*"), MORE),
    # An indicator that fires more often is tighter. A longer span and a wider band find more, every other number less.
    (("indicators", "structuring", "limits"), CHANGED),
    (("indicators", "structuring", "days"), LESS),  # of several days it asks for so many
    (("indicators", "concentration", "cycle_percent"), MORE),
    (("indicators", "names", "similarity_percent"), MORE),
    (("indicators", "bond", "percent"), MORE),
    (("indicators", "pass_through", "most_sell_percent"), MORE),
    (("indicators", "jump", "days"), CHANGED),
    *(((("indicators", "*", key), MORE)) for key in ("hours", "days", "cycle_hours", "burst_hours")),
    (("indicators", "*", "*"), LESS),
)
"""What makes the gate tighter, path by path; `*` is any name. What no line names is "changed"."""

SILENT: Pack = {
    "limits": [],
    "limits_per_transaction": {},
    "check_failures": [],
    "outside_checks": [],
    "deciding": {"outside_seconds": 10, "reserved_minutes": 15},
    "places": {},
    "fx": {},
    "stablecoins": [],
    "rules": [],
    "loosening_hours": LOOSENING_HOURS,
    "factors": asdict(factor_numbers.DEFAULTS),
}
"""What a pack means that leaves these out: saying it aloud is no difference."""


def difference(old: Pack, new: Pack, catalogue: Catalogue) -> list[Difference]:
    """Everything in which two packs differ by meaning: not by spacing, order or the spelling of a number."""
    old, new = {**SILENT, **old}, {**SILENT, **new}
    before, after = dict(_leaves(old, new)), dict(_leaves(new, old))
    found = [
        Difference(".".join(path), _shown(before.get(path)), _shown(after.get(path)), way(path).turn(b, a))
        for path in sorted(before.keys() | after.keys())
        if not _same(b := before.get(path), a := after.get(path))
    ]
    return found + _rules(old, new, catalogue)


def loosening(found: Iterable[Difference]) -> list[Difference]:
    """What has to wait."""
    return [one for one in found if one.loosens]


def way(path: Path) -> Way:
    """How a leaf is judged."""
    known = (one for pattern, one in WAYS if _fits(pattern, path))
    return next(known, CHANGED)


def leaves(pack: Pack) -> list[Path]:
    """The paths of everything a pack says, but for its rules: what the table should know."""
    return sorted(path for path, _ in _leaves({**SILENT, **pack}, {}))


def named(path: Path) -> bool:
    """Whether the table says anything about it."""
    return any(_fits(pattern, path) for pattern, _ in WAYS)


def _fits(pattern: Path, path: Path) -> bool:
    return len(pattern) == len(path) and all(p in ("*", q) for p, q in zip(pattern, path, strict=True))


def _leaves(pack: Pack, other: Pack) -> Iterator[tuple[Path, object]]:
    """Each leaf with its path. Lists become tables by what tells their lines apart, and what `other` says is said here
    as well where leaving it out has a meaning of its own."""
    for key, value in pack.items():
        match key:
            case "rules":
                continue
            case "limits":
                yield from _table(key, value, ("scope", "hours"), "usd")
            case "outside_checks":
                yield from _table(key, value, ("check",), "from_value")
            case "check_failures":
                yield from _table(key, value, ("check",), None)
            case "required_lists" | "stablecoins":
                yield from (((key, str(item)), item) for item in _items(value))
            case "places":
                yield from (((key, str(name)), place) for name, place in _entries(value))
            case "review":
                quorum = dict(_entries(value)).get("quorum")
                steps = {*_steps(quorum), *_steps(dict(_entries(other.get("review"))).get("quorum"))}
                yield from _plain((key,), {k: v for k, v in _entries(value) if k != "quorum"})
                yield from (((key, "quorum", f"{step:f}"), _people(quorum, step)) for step in sorted(steps))
            case "jurisdictions":
                said, others = dict(_entries(value)), dict(_entries(other.get("jurisdictions")))
                own, theirs = dict(_entries(said.get("countries"))), dict(_entries(others.get("countries")))
                yield from _plain((key,), {k: v for k, v in said.items() if k != "countries"})
                for country in sorted(own.keys() | theirs.keys()):
                    yield (key, "countries", country), own.get(country, said.get("default"))
            case _:
                yield from _plain((key,), value)


def _plain(path: Path, value: object) -> Iterator[tuple[Path, object]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _plain((*path, str(key)), item)
    else:
        yield path, value


def _table(key: str, value: object, names: tuple[str, ...], number: str | None) -> Iterator[tuple[Path, object]]:
    for item in _items(value):
        line = dict(_entries(item))
        rest = {k: v for k, v in line.items() if k not in names}
        yield (key, " ".join(str(line.get(name)) for name in names)), rest if number is None else line.get(number)


def _items(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _entries(value: object) -> list[tuple[str, object]]:
    return [(str(key), item) for key, item in value.items()] if isinstance(value, Mapping) else []


def _steps(quorum: object) -> set[Decimal]:
    """The values at which a quorum table changes."""
    return {Decimal(str(dict(_entries(line)).get("from_value"))).normalize() for line in _items(quorum)}


def _people(quorum: object, value: Decimal) -> object:
    """How many people a table asks for at a value."""
    lines = [dict(_entries(line)) for line in _items(quorum)]
    reached = [line for line in lines if Decimal(str(line.get("from_value"))) <= value]
    return reached[-1].get("people") if reached else None


_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def _same(a: object, b: object) -> bool:
    """Equal by meaning: "125" and "125.00" are one amount."""
    if isinstance(a, str) and isinstance(b, str) and _NUMBER.fullmatch(a) and _NUMBER.fullmatch(b):
        return Decimal(a) == Decimal(b)
    return (a is None) == (b is None) and canonical(a) == canonical(b)


def _shown(value: object) -> str | None:
    return None if value is None else value if isinstance(value, str) else canonical(value)


def _rules(old: Pack, new: Pack, catalogue: Catalogue) -> list[Difference]:
    """Rules by name. Only those that are live act on anybody."""
    before = {rule.name: rule for rule in rules.read(Reader(), "rules", old["rules"]).lines}
    after = {rule.name: rule for rule in rules.read(Reader(), "rules", new["rules"]).lines}
    return [
        Difference(f"rules.{name}", _line(b), _line(a), _rule_turn(name, b, a, catalogue))
        for name in [*after, *(name for name in before if name not in after)]
        if (b := before.get(name)) != (a := after.get(name))
    ]


def _line(rule: PackRule | None) -> str | None:
    return None if rule is None else f"{rule.mode}: {rule.when}"


def _rule_turn(name: str, before: PackRule | None, after: PackRule | None, catalogue: Catalogue) -> Turn:
    was, now = (rule is not None and rule.mode is Mode.LIVE for rule in (before, after))
    if was != now:
        return Turn.TIGHTER if now else Turn.LOOSER
    if not was or before is None or after is None:
        return Turn.SAME
    try:
        old, new = read_rule(before.when, catalogue), read_rule(after.when, catalogue)
    except RuleFault:  # a line of long ago that nobody can read any more: nobody can tell
        return Turn.CHANGED
    turn = Turn.SAME if old == new else change(name, old, new).turn
    return Turn.CHANGED if turn is Turn.TIGHTER and _may_be_milder(old, new) else turn


def _may_be_milder(old: Rule, new: Rule) -> bool:
    """Where a fact is unknown the old rule may have asked for a person, and the new one fires for something milder;
    or the old one asked for a stronger factor."""
    if _drops_step_up(old.outcome, new.outcome):
        return True
    return new.outcome.severity < Outcome.REVIEW.severity and (old.facts != new.facts or len(new.facts) > 1)
