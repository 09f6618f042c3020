"""Which facts there would be under other thresholds: what both sets of numbers see alike changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.policy.indicator_numbers import IndicatorNumbers
from tidegate.rating.fact import Fact
from tidegate.rating.facts.telling import Telling
from tidegate.rating.indicators import texts
from tidegate.rating.indicators.catalogue import INDICATORS
from tidegate.rating.indicators.reading import Reading
from tidegate.rating.lines.line import Subject
from tidegate.rating.runs.signal import ELSEWHERE, KINDS, telling
from tidegate.rating.window import Window

Sign = tuple[str, str, datetime]
"""Person, indicator, and the moment that its fact is told of: the window's last."""


@dataclass(frozen=True, slots=True)
class Signal:
    """How many more facts an indicator would have told in some months, and how many fewer."""

    indicator: str
    more: int
    fewer: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a window's indicators would have told otherwise."""

    more: Mapping[Sign, Fact]  # that nobody has judged: it would be open
    fewer: frozenset[Sign]


NO_CHANGE = Change({}, frozenset())


def asked_anew(was: IndicatorNumbers, would: IndicatorNumbers) -> list[str]:
    """The indicators that tell facts, and whose own text names a number that is another one."""
    other = {name for name, value in would.values.items() if was.values.get(name) != value}
    if was.structuring_limits != would.structuring_limits:
        other.add("structuring_limits")
    tells = [one.id for one in INDICATORS if one.raises in KINDS and one.id not in ELSEWHERE]
    return [id for id in tells if texts.names(texts.text(id)) & other]


def change(was: Iterable[Reading], would: Iterable[Reading], window: Window) -> Change:
    """The same rows seen with two sets of numbers."""
    before, after = _signs(was, window), _signs(would, window)
    more = {s: told.as_fact(told.source_id, told.at) for s, told in after.items() if s not in before}
    return Change(more, frozenset(before.keys() - after.keys()))


def without(subject: Subject, told: Mapping[str, Sign], changes: Sequence[Change]) -> tuple[Fact, ...]:
    """The facts of a person under other thresholds. `told` names the events that indicators told, and by which sign.

    What was told and would not be is gone, whatever people made of it; what would be told and was not is open.
    """
    fewer = {sign for one in changes for sign in one.fewer}
    kept = [fact for fact in subject.facts if told.get(subject.events[fact.id]) not in fewer]
    there = set(told.values())
    new = [
        fact
        for one in changes
        for sign, fact in one.more.items()
        if sign[0] == subject.subject_id and sign not in there
    ]
    return (*kept, *new)


def signals(changes: Collection[Change]) -> list[Signal]:
    """Per indicator, in its order; those that see the same are absent."""
    more = [sign[1] for one in changes for sign in one.more]
    fewer = [sign[1] for one in changes for sign in one.fewer]
    return [Signal(id, more.count(id), fewer.count(id)) for id in sorted({*more, *fewer})]


def _signs(seen: Iterable[Reading], window: Window) -> dict[Sign, Telling]:
    told = [(reading, made) for reading in seen if (made := telling(reading, window)) is not None]
    return {(reading.subject_id, reading.indicator, made.at): made for reading, made in told}
