"""What goes in and comes out of calls about assets that the desk lets go."""

from __future__ import annotations

from tidegate.api.shapes import At, Date, In, Network, Out, Text, Ticker


class NewDelisting(In):
    asset: Ticker
    network: Network
    last_day: Date
    reason: Text


class Delisting(Out):
    asset: str
    network: str
    last_day: str
    reason: str
    ordered_by: str
    ordered_at: At


class Delistings(Out):
    delistings: list[Delisting]
