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


class Speed(Out):
    asset: str
    network: str
    settled: int
    median_seconds: int | None
    p95_seconds: int | None


class EgressPause(Out):
    since: At
    reason: dict[str, str] = Field(description="In English and Chinese.")


class PublicStatus(Out):
    at: At
    withdrawals: Literal["open", "paused"]
    switches: list[Switch]
    egress: EgressPause | None = Field(description="The egress breaker holds all payments; null = it does not.")
    assets: list[Speed] = Field(description="Of the last 24 hours, from request to final on chain.")


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
