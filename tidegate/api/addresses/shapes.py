"""What goes in and comes out of calls about the address book, proofs of ownership, allow-lists."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tidegate.api.shapes import At, In, Network, Out


class NewAddress(In):
    network: Network
    address: Annotated[str, StringConstraints(max_length=200)] = Field(
        examples=["0x52908400098527886E0F7030069857D2E4169EE7"]
    )
    memo: Annotated[str, StringConstraints(max_length=200)] | None = None
    label: Annotated[str, StringConstraints(max_length=100)] = ""
    ownership: Literal["unknown", "self_hosted", "vasp"] = "unknown"


class OwnershipSignature(In):
    signature: Annotated[str, StringConstraints(max_length=4096)] = Field(
        description="personal_sign (EIP-191) of the whole message with the key of the address: 0x and r, s, v."
    )


class OwnershipChallenge(Out):
    id: str
    address_id: str
    message: str = Field(description="Sign this text, letter by letter.")
    expires_at: At


class OwnershipProof(Out):
    address_id: str
    challenge: str
    method: Literal["eip191"]
    proved_at: At


class Address(Out):
    id: str
    customer: str
    network: str
    address: str
    memo: str | None
    label: str
    ownership: str
    saved_at: At
    booked_at: At | None = Field(description="When the customer put it into the book; null = only ever withdrawn to.")
    usable_at: At | None = Field(description="From when the smallest amount that waits no longer waits.")
    warnings: list[str]


class SwitchAllowList(In):
    on: bool


class AllowList(Out):
    customer: str
    on: bool = Field(description="Whether only addresses in the book may be paid just now.")
    since: At | None = Field(description="When it was switched on; null = never.")
    on_by: str | None
    off_asked_at: At | None
    off_by: str | None
    off_from: At | None = Field(description="When it ends; null = nobody asked to switch it off.")


class Addresses(Out):
    addresses: list[Address]
