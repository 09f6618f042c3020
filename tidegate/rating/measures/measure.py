"""What a tier brings with it (S2 Art. 7): by the text, or chosen by a person where the text says "may".

A measure becomes restrictions on the party; the withdrawal review, the ads and the orders read restrictions and know
nothing of ratings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tidegate.base.refusals import Malformed
from tidegate.policy.rating_numbers import RatingNumbers
from tidegate.rating.tiers import Tier


class Measure(StrEnum):
    WARNING = "warning"  # the merchant is told
    OBSERVATION = "observation"  # people look closer
    STEP_UP = "step_up"
    TRADE_LIMIT = "trade_limit"
    WITHDRAWAL_DELAY = "withdrawal_delay"
    WITHDRAWAL_LIMIT = "withdrawal_limit"
    FREEZE = "freeze"
    TOP_UP_DEMAND = "top_up_demand"  # of the bond
    PARTIAL_DEDUCTION = "partial_deduction"
    DISMISSAL = "dismissal"
    TRADING_DISABLED = "trading_disabled"
    OFF_BOARDING = "off_boarding"  # their own coins leave through people's hands
    FULL_DEDUCTION = "full_deduction"


@dataclass(frozen=True, slots=True)
class Terms:
    """How a measure works."""

    restriction: str | None  # the kind of restriction it becomes; None = it is none
    valued: bool = False  # whether the restriction takes a value
    ends: str = "open"  # "observation", "restriction", "open"
    reversible: bool = True


TERMS: Mapping[Measure, Terms] = {
    Measure.WARNING: Terms(None),
    Measure.OBSERVATION: Terms("watch", ends="observation"),
    Measure.STEP_UP: Terms("step_up", ends="restriction"),
    Measure.TRADE_LIMIT: Terms("trade_limit", valued=True, ends="restriction"),
    Measure.WITHDRAWAL_DELAY: Terms("withdrawal_delay", valued=True, ends="restriction"),
    Measure.WITHDRAWAL_LIMIT: Terms("withdrawal_limit", valued=True, ends="restriction"),
    Measure.FREEZE: Terms("freeze", ends="restriction"),
    Measure.TOP_UP_DEMAND: Terms(None),
    Measure.PARTIAL_DEDUCTION: Terms(None, valued=True, reversible=False),
    Measure.DISMISSAL: Terms("trade_block", reversible=False),
    Measure.TRADING_DISABLED: Terms("trade_block", reversible=False),
    Measure.OFF_BOARDING: Terms("withdrawal_block"),
    Measure.FULL_DEDUCTION: Terms(None, reversible=False),
}

INTERIM = (
    Measure.STEP_UP, Measure.TRADE_LIMIT, Measure.WITHDRAWAL_DELAY, Measure.WITHDRAWAL_LIMIT, Measure.FREEZE
)  # fmt: skip
"""What may be ordered before any rating, for hours (R25)."""

BY_TEXT: Mapping[Tier, tuple[Measure, ...]] = {
    Tier.LOW: (),
    Tier.MEDIUM: (Measure.WARNING, Measure.OBSERVATION),
    Tier.HIGH: (),
    Tier.EXTREME: (Measure.TRADING_DISABLED, Measure.OFF_BOARDING),
}
CHOSEN: Mapping[Tier, tuple[Measure, ...]] = {
    Tier.LOW: (),
    Tier.MEDIUM: (),
    Tier.HIGH: (*INTERIM, Measure.DISMISSAL, Measure.PARTIAL_DEDUCTION, Measure.TOP_UP_DEMAND),
    Tier.EXTREME: (Measure.DISMISSAL,),
}
PRESETS: Mapping[str, tuple[Measure, ...]] = {
    "A": (Measure.STEP_UP, Measure.WITHDRAWAL_DELAY),
    "B": (Measure.STEP_UP, Measure.WITHDRAWAL_DELAY, Measure.TRADE_LIMIT, Measure.WITHDRAWAL_LIMIT),
    "C": (Measure.FREEZE,),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A measure as it is to be taken."""

    measure: Measure
    value: str | None  # hours, whole USD, or percent of each bond; None = it takes none
    by_text: bool


def by_text(tier: Tier, characterised: bool) -> tuple[Measure, ...]:
    """What follows without anybody choosing. Only an official characterisation takes the whole bond."""
    full = (Measure.DISMISSAL, Measure.FULL_DEDUCTION) if tier is Tier.EXTREME and characterised else ()
    return BY_TEXT[tier] + full


def chosen_from(tier: Tier, characterised: bool) -> tuple[Measure, ...]:
    """What a person may choose."""
    return tuple(measure for measure in CHOSEN[tier] if measure not in by_text(tier, characterised))


def wanted(
    tier: Tier,
    characterised: bool,
    preset: str | None,
    chosen: Sequence[tuple[str, str | None]],
    numbers: RatingNumbers,
) -> tuple[Wanted, ...]:
    """Everything that is to be taken: by the text, of a preset, and one by one.

    Raises Malformed: `preset_unknown`, `measure_unknown`, `measure_not_of_tier`, `measure_twice`,
    `measure_value_invalid`, `measure_missing`.
    """
    asked = [(measure, None) for measure in _preset(tier, preset)] + [(_known(name), value) for name, value in chosen]
    allowed = chosen_from(tier, characterised)
    made = [Wanted(measure, None, by_text=True) for measure in by_text(tier, characterised)]
    for measure, value in asked:
        if measure not in allowed:
            named = ", ".join(allowed) or "none"
            raise Malformed("measure_not_of_tier", f"{tier} allows {named} by choice, not {measure}", field="measures")
        if any(line.measure is measure for line in made):
            raise Malformed("measure_twice", f"{measure} is named twice", field="measures")
        made.append(Wanted(measure, valued(measure, value, numbers), by_text=False))
    if tier is Tier.HIGH and not made:
        raise Malformed(
            "measure_missing",
            "HIGH takes at least one measure: a preset A, B or C, or others",
            field="measures",
        )
    return tuple(made)


def irreversible(measures: Sequence[Wanted]) -> bool:
    """Whether one of them cannot be undone: then two people decide."""
    return any(not TERMS[line.measure].reversible for line in measures)


def _preset(tier: Tier, preset: str | None) -> tuple[Measure, ...]:
    if preset is None:
        return ()
    if preset not in PRESETS:
        raise Malformed("preset_unknown", f"{preset[:20]!r} is none of {', '.join(PRESETS)}", field="preset")
    if tier is not Tier.HIGH:
        raise Malformed("measure_not_of_tier", f"Presets are for HIGH, not for {tier}", field="preset")
    return PRESETS[preset]


def _known(name: str) -> Measure:
    if name not in set(Measure):
        raise Malformed("measure_unknown", f"{name[:40]!r} is none of {', '.join(Measure)}", field="measures")
    return Measure(name)


def valued(measure: Measure, value: str | None, numbers: RatingNumbers) -> str | None:
    """The value a measure works with: what is asked, or the policy's. Raises Malformed `measure_value_invalid`."""
    defaults = {
        Measure.WITHDRAWAL_DELAY: str(numbers.delay_hours),
        Measure.TRADE_LIMIT: str(numbers.trade_limit_usd),
        Measure.WITHDRAWAL_LIMIT: str(numbers.withdrawal_limit_usd),
    }
    if not TERMS[measure].valued:
        if value is not None:
            raise Malformed("measure_value_invalid", f"{measure} takes no value", field="measures")
        return None
    said = defaults.get(measure) if value is None else value
    most = 99 if measure is Measure.PARTIAL_DEDUCTION else 10**12 - 1  # all of it is another measure
    if said is None or not said.isascii() or not said.isdigit() or said[:1] == "0" or not 1 <= int(said[:13]) <= most:
        raise Malformed(
            "measure_value_invalid",
            f"{measure} needs a whole number from 1 to {most}, not {said!r}"[:200],
            field="measures",
        )
    return said
