"""Whose names an outside service is asked about before coins leave, and what its answer asks for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tidegate.base.findings import Outcome
from tidegate.base.naming import NameFound, Person
from tidegate.base.outside import Opinion
from tidegate.policy.screening_numbers import ScreeningNumbers
from tidegate.screening import names
from tidegate.screening.travel_rule import Receiver, Statement
from tidegate.withdrawals.facts import NAMES, NAMES_LATER, OutsideAnswer, State

SHOWN = 5
"""So many are written out; a person looks up the rest."""


def to_ask(name: str, born: date | None, country: str, stated: Statement) -> list[Person]:
    """The customer as they were verified, and the receiver they named, of whom nothing but the name is known."""
    asked = [Person(name, born, country)]
    if stated.receiver is not None:
        whole = f"{stated.receiver.given_names} {stated.receiver.name}".strip()
        if whole != name:
            asked.append(Person(whole))
    return asked


def open_to(receiver: Receiver | None, before: Receiver | None, answers: Sequence[OutsideAnswer]) -> str | None:
    """The question that has to ask about the receiver who is named now; None where nobody has to be asked. It is an
    open one or a new one: an answer is about the people who were named when it was asked for."""
    states = {answer.check: answer.state for answer in answers}
    if NAMES not in states or receiver is None or receiver == before:
        return None
    return NAMES if states[NAMES] is State.PENDING else NAMES_LATER


def of(found: Sequence[tuple[Person, Sequence[NameFound]]], numbers: ScreeningNumbers) -> Opinion:
    """Section 4, lists: a name from `names.hit` on is for a person; a weaker one is shown and stops nothing."""
    told = [(person, one) for person, ones in found for one in ones if names.standing(one.score, numbers) != "none"]
    told.sort(key=lambda pair: (-pair[1].score, pair[1].id))
    hit = any(names.standing(one.score, numbers) == "hit" for _, one in told)
    words = "; ".join(_words(person, one) for person, one in told[:SHOWN])
    more = f"; and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    outcome = Outcome.REVIEW if hit else Outcome.ALLOW
    return Opinion(outcome, f"{words}{more}"[:2000] if told else "Nobody of these names was found.")


def _words(person: Person, one: NameFound) -> str:
    lists = ", ".join(one.lists[:3]) or "no list"
    return f"{person.name[:100]}: {one.name[:100]} ({one.id[:40]}, {one.score:.2f}, {lists[:200]})"
