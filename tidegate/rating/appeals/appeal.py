"""Who may answer an appeal, and what the answer does (T9): other people than those who decided; EXTREME takes two."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from tidegate.base.refusals import Conflict, Forbidden, Malformed
from tidegate.base.times import rfc3339
from tidegate.rating.tiers import Tier

ANSWERS = ("uphold", "reject")


class Voice(Protocol):
    """What somebody answered."""

    @property
    def person(self) -> str: ...
    @property
    def answer(self) -> str: ...
    @property
    def tier(self) -> str | None: ...


def check_in_time(line_id: str, until: datetime, now: datetime) -> None:
    """Raises Conflict `appeal_too_late`."""
    if now >= until:
        raise Conflict("appeal_too_late", f"{line_id} could be appealed until {rfc3339(until)}.")


def answered(answer: str, tier: str | None, before: Tier, holds: Tier) -> Tier | None:
    """The tier that an answer goes back to; None = it rejects. Unsaid, it is the tier that held before the line.

    Raises Malformed `answer_unknown`, `tier_unknown`; Conflict `tier_not_lower`.
    """
    if answer not in ANSWERS:
        raise Malformed("answer_unknown", f"{answer[:20]!r} is none of {', '.join(ANSWERS)}", field="answer")
    if answer == "reject":
        if tier is not None:
            raise Malformed("tier_unknown", "A rejected appeal changes no tier", field="tier")
        return None
    if tier is not None and tier not in set(Tier):
        raise Malformed("tier_unknown", f"{tier[:20]!r} is none of {', '.join(Tier)}", field="tier")
    to = before if tier is None else Tier(tier)
    if to.rank >= holds.rank:
        raise Conflict("tier_not_lower", f"{holds} holds; an upheld appeal goes back to a lower tier than that.")
    return to


def check_voice(
    id: str,
    given: Sequence[Voice],
    person: str,
    said: tuple[str, Tier | None],
    barred: Collection[str],
    people: Mapping[str, str],
) -> None:
    """Whether a voice counts. Raises Forbidden `appeal_not_yours`; Conflict `appeal_voted_already`,
    `appeal_differs`."""
    me = people[person]
    if me in {people[id] for id in barred}:
        raise Forbidden("appeal_not_yours", "You decided on it or told a fact of it; somebody else must look now.")
    if any(people[voice.person] == me for voice in given):
        raise Conflict("appeal_voted_already", f"You have answered {id}; another person must.")
    if given and said != (given[0].answer, given[0].tier):
        raise Conflict("appeal_differs", f"{id} waits for a second person to agree to {given[0].tier}.")
