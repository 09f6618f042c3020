"""What everybody may know, read in one look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tidegate.base.money import Asset
from tidegate.custody import flow as custody
from tidegate.db import Conn
from tidegate.policy import flow as policies
from tidegate.policy.market.regime import Regime
from tidegate.reports.status import published, store
from tidegate.reports.status.published import SILENT, WINDOWS, Status


def read(
    conn: Conn,
    assets: Mapping[int, Asset],
    regimes: Mapping[int, Regime],
    heads: Mapping[str, int | None],
    beat: datetime | None,
    now: datetime,
) -> Status:
    """The public status at `now`.

    `heads`: the newest block of each network, None while its node is away; `beat`: when a worker last said that it
    lives.
    """
    trip = policies.open_trip(conn)
    return Status(
        now,
        policies.switches(conn),
        None if trip is None else trip.since,
        beat is not None and now - beat <= SILENT,
        published.paces(assets.values(), store.times(conn, WINDOWS, now)),
        [published.holds(counted) for counted in store.held(conn, WINDOWS, now)],
        published.slowed(assets, regimes),
        published.late(heads, custody.blocks_seen(conn)),
    )
