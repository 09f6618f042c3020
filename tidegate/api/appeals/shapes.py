"""What goes in and comes out of calls about appeals."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.api.rating_runs.shapes import Tier
from tidegate.api.shapes import At, Id, In, Out, Text


class NewRatingAppeal(In):
    line: Id = Field(description="The line that was told.")
    text: Text
    customer: Id | None = Field(default=None, description="Who appeals; a customer's own key need not say.")


class RatingAppealAnswer(In):
    answer: Literal["uphold", "reject"]
    tier: Tier | None = Field(default=None, description="To go back to; null = the one that held before.")
    reason: Text


class RatingAppeal(Out):
    id: str
    line: str
    merchant: str
    customer: str
    text: str
    status: Literal["open", "upheld", "rejected"]
    made_at: At
    answered_at: At | None


class RatingAppeals(Out):
    appeals: list[RatingAppeal]
    next: str | None
