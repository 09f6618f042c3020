"""What a person may decide about a line, and when it is decided: two people where it cannot be undone."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.base.canonical import canonical
from tidegate.base.refusals import Conflict, Forbidden, Malformed
from tidegate.base.times import rfc3339
from tidegate.parties.party import check_reason
from tidegate.policy.rating_numbers import RatingNumbers
from tidegate.rating.measures.measure import Wanted, irreversible, wanted
from tidegate.rating.tiers import Tier

RESTATES = "T9"
"""By which a line between months puts EXTREME right; an appeal has voices of its own."""

CODES = {
    "as_computed": "the facts say it",
    "victim": "the merchant was used by somebody else",
    "remedied": "the harm was made good, or is being made good",
    "context": "the facts weigh less or more than they count, for the reason given",
    "relapse": "it happened again",
    "authority": "an authority asks for it",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What exactly somebody agrees to."""

    tier: str
    code: str  # of CODES
    preset: str | None = None  # "A", "B", "C"
    measures: tuple[tuple[str, str | None], ...] = ()
    restriction_days: int | None = None
    secret: bool = False  # an authority orders it: the merchant is not asked before
    at_once: bool = False  # the law orders it: what cannot be undone does not wait for the appeal

    def text(self) -> str:
        return canonical(
            {
                "tier": self.tier,
                "code": self.code,
                "preset": self.preset,
                "measures": [[name, value] for name, value in self.measures],
                "restriction_days": self.restriction_days,
                "secret": self.secret,
                "at_once": self.at_once,
            }
        )

    @classmethod
    def of_text(cls, text: str) -> Terms:
        """What `text` wrote."""
        said = json.loads(text)
        return cls(**{**said, "measures": tuple((name, value) for name, value in said["measures"])})


@dataclass(frozen=True, slots=True)
class Open:
    """A line as far as its decision depends on it."""

    id: str
    computed: Tier
    proposed: Tier
    before: Tier  # that holds
    rule: str | None
    open_alerts: int
    characterised: bool


@dataclass(frozen=True, slots=True)
class Voice:
    person: str
    terms: str
    reason: str
    at: datetime


def checked(line: Open, terms: Terms, reason: str, numbers: RatingNumbers) -> tuple[Wanted, ...]:
    """The measures of a decision that may be taken. Raises Malformed naming the field; Conflict `alert_open`,
    `tier_not_reached`, `tier_never_falls_so`, `tier_below_facts`."""
    check_reason(reason)
    if terms.tier not in set(Tier):
        raise Malformed("tier_unknown", f"{terms.tier[:20]!r} is none of {', '.join(Tier)}", field="tier")
    if terms.code not in CODES:
        raise Malformed("code_unknown", f"{terms.code[:40]!r} is none of {', '.join(CODES)}", field="code")
    tier = Tier(terms.tier)
    _check_tier(line, tier)
    _check_days(terms, tier, numbers)
    asked = terms.preset is not None or bool(terms.measures)
    if line.rule == RESTATES and tier.rank < line.before.rank:
        return wanted(tier, line.characterised, terms.preset, terms.measures, numbers)
    if tier.rank <= line.before.rank and line.rule != "T8" and not asked:
        return ()  # what holds goes on as it is
    if tier is line.before and tier is Tier.HIGH and not asked:
        return ()  # extended with the measures it has
    if tier.rank < line.before.rank and line.rule != "T6":
        raise Malformed(
            "measure_not_of_tier", f"{line.before} goes on to hold; measures are for a rise", field="measures"
        )
    return wanted(tier, line.characterised, terms.preset, terms.measures, numbers)


def _check_tier(line: Open, tier: Tier) -> None:
    if line.open_alerts and tier is Tier.LOW:
        raise Conflict("alert_open", f"Alerts that nobody has judged yet: {line.open_alerts}; judge them first.")
    if tier is Tier.EXTREME and Tier.EXTREME not in (line.computed, line.proposed):
        raise Conflict("tier_not_reached", f"The facts of {line.id} reach {line.computed}, not {Tier.EXTREME}.")
    if line.rule == "T6" and tier not in (Tier.MEDIUM, Tier.HIGH):
        raise Conflict("tier_never_falls_so", "HIGH falls to MEDIUM or stays; never to LOW in one step.")
    if line.rule == RESTATES and tier.rank < line.proposed.rank:
        raise Conflict("tier_below_facts", f"What holds of {line.id} still amounts to {line.proposed}, not to {tier}.")


def _check_days(terms: Terms, tier: Tier, numbers: RatingNumbers) -> None:
    days = terms.restriction_days
    if days is None:
        return
    if tier is not Tier.HIGH:
        raise Malformed("restriction_days_invalid", f"{tier} has no restriction", field="restriction_days")
    if not numbers.restriction_days_least <= days <= numbers.restriction_days_most:
        raise Malformed(
            "restriction_days_invalid",
            f"{days} is not {numbers.restriction_days_least} to {numbers.restriction_days_most} days",
            field="restriction_days",
        )


def needed(line: Open, tier: Tier, measures: Sequence[Wanted]) -> int:
    """How many must agree: two to what cannot be undone, which EXTREME always is, and two to leave it."""
    reaches = tier is Tier.EXTREME and tier.rank > line.before.rank
    leaves = line.rule == RESTATES and tier.rank < line.before.rank
    return 2 if reaches or leaves or irreversible(measures) else 1


def check_voice(
    line_id: str,
    given: Sequence[Voice],
    person: str,
    terms: Terms,
    barred: Collection[str],
    people: Mapping[str, str],
) -> None:
    """Whether a person's voice counts; people are compared, not keys. `barred` had a part in what is decided.

    Raises Conflict `line_voted_already`, `decision_differs`; Forbidden `line_raised_by_you`.
    """
    me = people[person]
    if any(people[voice.person] == me for voice in given):
        raise Conflict("line_voted_already", f"You have decided on {line_id}; another person must.")
    if me in {people[id] for id in barred}:
        raise Forbidden(
            "line_raised_by_you",
            f"You told, or decided on, what {line_id} stands on; what cannot be undone or is put right is for others.",
        )
    if given and given[0].terms != terms.text():
        raise Conflict(
            "decision_differs",
            f"{line_id} waits for a second person to agree to exactly {given[0].terms}; that is not what you said.",
        )


def check_publishable(line_id: str, decided: bool, person: bool, check_until: datetime | None, now: datetime) -> None:
    """Raises Conflict `line_undecided`, `check_running`."""
    if person and not decided:
        raise Conflict("line_undecided", f"{line_id} waits for a person's decision.")
    if check_until is not None and now < check_until:
        raise Conflict("check_running", f"The merchant can correct facts of {line_id} until {rfc3339(check_until)}.")
