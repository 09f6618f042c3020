"""What goes in and comes out of calls about webhooks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from tidegate.api.shapes import At, In, Out, Short, Text, Time

EventType = Annotated[str, Field(max_length=64, examples=["withdrawal.settled"])]
DeliveryStatus = Literal["queued", "sending", "delivered", "dead"]


class NewWebhook(In):
    url: Text = Field(examples=["https://hooks.example.com/tidegate"], description="https, at a public address.")
    label: Short = Field(examples=["Back office"], description="For people: whose it is.")
    types: list[EventType] = Field(max_length=100, examples=[["withdrawal.settled"]], description="`*` is every one.")


class NewWebhookSecret(In):
    overlap_hours: int = Field(default=24, ge=0, le=168, description="How long the secret before signs beside it.")


class DeadSince(In):
    since: Time


class Webhook(Out):
    id: str = Field(examples=["whk_01kq3v7m6x8g2b1c0d9e8f7a6b"])
    url: str
    label: str
    types: list[str]
    status: Literal["active", "disabled"]
    why: str | None = Field(description="Disabled: in words.")
    created_by: str
    created_at: At
    last_sequence: int = Field(description="Number of its newest delivery; they have no gaps.")
    failing_since: At | None = Field(description="First failure since it last took a delivery.")
    rests_until: At | None = Field(description="Nothing is sent to it before: it failed.")


class WebhookWithSecret(Webhook):
    secret: str = Field(examples=["whsec_…"], description="Shown in this answer and nowhere else.")


class Webhooks(Out):
    webhooks: list[Webhook]


class Delivery(Out):
    sequence: int
    event: str = Field(examples=["msg_123_0"], description="`webhook-id` of the delivery, however often it is sent.")
    type: str
    status: DeliveryStatus
    attempts: int
    next_at: At | None = Field(description="Of the next attempt, at the earliest.")
    delivered_at: At | None
    answer: int | None = Field(description="HTTP status of the newest attempt; null = no answer came.")
    error: str | None
    created_at: At
    body: dict[str, Any]


class Deliveries(Out):
    deliveries: list[Delivery]
    next: int | None


class QueuedAgain(Out):
    queued: int
