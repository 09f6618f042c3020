"""What goes in and comes out of calls about status, assets and metrics: what everybody may know."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.api.shapes import At, Out


class Switch(Out):
    scope: str
    subject: str
    reason: str
    since: At


class Times(Out):
    asset: str
    network: str
    hours: int = Field(description="How far is looked back.")
    paid: int | None = Field(description="Its first two digits; null = fewer than `fewest`.")
    median_seconds: int | None = Field(
        description="From the request until it was final on chain, rounded up. Null where fewer than `fewest` were "
        "paid: a figure over a few would be a figure about somebody."
    )
    p95_seconds: int | None


class Holds(Out):
    hours: int = Field(description="How far is looked back.")
    withdrawals: int | None = Field(
        description="Confirmed by their customer, and ended in that time or waiting still: the first two digits; "
        "null = fewer than `fewest`."
    )
    held_percent: int | None = Field(description="Of these, what a person or a delay held; rounded up.")
    released_percent: int | None = Field(description="Of the held ones that have ended, what was paid; rounded down.")


class RestlessMarket(Out):
    asset: str
    network: str
    level: Literal["nervous", "stormy"]
    since: At | None
    reason: dict[str, str] = Field(description="In English and Chinese.")


class LateNetwork(Out):
    network: str
    why: Literal["unreachable", "behind"]
    reason: dict[str, str] = Field(description="In English and Chinese.")


class EgressPause(Out):
    since: At
    reason: dict[str, str] = Field(description="In English and Chinese.")


class PublicStatus(Out):
    at: At = Field(description="When this was read; a minute ago at most, while the database answers.")
    withdrawals: Literal["open", "paused"]
    headline: Literal["open", "slow", "paused"] = Field(description="The worst that holds for anybody.")
    switches: list[Switch]
    egress: EgressPause | None = Field(description="The egress breaker holds all payments; null = it does not.")
    working: bool = Field(description="A worker is at work; without one nothing moves on.")
    times: list[Times] = Field(description="Per asset and window, from request to final on chain.")
    holds: list[Holds]
    fewest: int = Field(description="Below so many withdrawals nothing is told of how they went.")
    markets: list[RestlessMarket] = Field(description="Assets whose limits are lower just now.")
    networks: list[LateNetwork] = Field(description="Networks on which things take longer just now.")


class Health(Out):
    status: Literal["ok"]
    version: str


class Ready(Out):
    status: Literal["ready", "not_ready"]
    waiting_for: list[str]


class Asset(Out):
    asset: str
    network: str
    decimals: int
    contract: str | None


class Assets(Out):
    assets: list[Asset]
