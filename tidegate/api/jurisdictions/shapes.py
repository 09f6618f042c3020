"""What goes in and comes out of calls about what places ask for, and who is exempt."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.api.shapes import At, Id, In, Out, Short, Text, Time


class NewExemption(In):
    customer: Id
    place: Short = Field(examples=["KR"], description="Whose delays shall not hold the customer.")
    until: Time = Field(description="At most a year away.")
    reason: Text


class Exemption(Out):
    id: str
    customer: str
    place: str
    status: Literal["proposed", "in_force", "expired", "ended"]
    until: At
    reason: str
    proposed_by: str
    proposed_at: At
    approved_by: str | None
    approved_at: At | None
    ended_by: str | None
    ended_at: At | None


class Exemptions(Out):
    exemptions: list[Exemption]
    next: str | None


class PlaceRule(Out):
    place: str
    ask: str
    since: str
    until: str | None
    source: str
    says: dict[str, str]


class Jurisdiction(Out):
    place: str
    standing: str
    places: list[str]
    rules: list[PlaceRule]
