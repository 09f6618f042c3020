"""What goes in and comes out of calls about keys of machines."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.api.shapes import At, Id, In, Out, Short, Time


class NewKey(In):
    role: Literal["integrator", "analyst", "compliance", "treasury", "support", "auditor", "admin", "customer"]
    label: Short = Field(examples=["payments backend"])
    customer: Id | None = Field(default=None, description="For the role customer: whose objects it sees.")
    scopes: list[Short] | None = Field(default=None, max_length=50, description="Null = all scopes of the role.")
    addresses: list[Short] | None = Field(default=None, max_length=50, examples=[["10.0.0.0/8"]])
    expires_at: Time | None = None


class Key(Out):
    id: str
    role: str
    customer: str | None
    label: str
    scopes: list[str] | None
    addresses: list[str] | None
    expires_at: At | None
    created_by: str
    created_at: At
    revoked_at: At | None


class KeyWithSecret(Key):
    key: str = Field(description="Shown in this answer and nowhere else.")


class Keys(Out):
    keys: list[Key]
