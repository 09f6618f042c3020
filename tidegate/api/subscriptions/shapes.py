"""What goes in and comes out of calls about which staff are told what."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.api.shapes import At, In, Out, Text

Topic = Literal["market"]


class NewSubscription(In):
    topic: Topic = Field(description="`market`: each change of an asset's regime.")
    email: Text = Field(examples=["desk@example.com"])
    language: Literal["en", "zh"] = "en"


class Subscription(Out):
    id: str
    topic: Topic
    email: str
    language: Literal["en", "zh"]
    created_by: str
    created_at: At


class Subscriptions(Out):
    subscriptions: list[Subscription]
