"""What goes in and comes out of calls about the travel rule."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from tidegate.api.shapes import Amount, At, In, Network, Out, Text, Ticker

MessageStatus = Literal["pending", "accepted", "rejected"]
MessageId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]


class TravelRuleMessage(In):
    """Who sends and who receives coins that are on their way to one of our addresses."""

    id: MessageId = Field(description="Yours: the same however often you send it.")
    asset: Ticker
    network: Network
    address: Annotated[str, StringConstraints(max_length=200)]
    memo: Annotated[str, StringConstraints(max_length=200)] | None = None
    amount: Amount
    ivms101: dict[str, Any] = Field(description="An IVMS101.2020 payload.")


class TravelRuleAnswer(In):
    """What you say to a message of ours that you answered with `pending`."""

    id: MessageId = Field(description="Of our message.")
    status: Literal["accepted", "rejected"]
    reason: Annotated[str, StringConstraints(max_length=300)] = ""


class TravelRuleReply(Out):
    id: str
    status: Literal["pending", "accepted", "rejected", "refused"]
    reason: str


class TravelRuleQuestion(In):
    question: Text


class ReceivedMessage(Out):
    id: str = Field(examples=["tri_01kq3v7m6x8g2b1c0d9e8f7a6b"])
    counterparty: str
    message: str = Field(description="The counterparty's id of it.")
    customer: str | None
    asset: str
    network: str
    address: str
    amount: str
    status: MessageStatus
    reason: str = Field(description="As the counterparty reads it.")
    why: str
    deposit: str | None = Field(description="The coins that it is about, once they were seen.")
    received_at: At
    ended_at: At | None


class ReceivedMessages(Out):
    messages: list[ReceivedMessage]
    next: str | None


class ReceivedMessageWhole(ReceivedMessage):
    ivms101: dict[str, Any]
