"""Hearing prices, and answering how restless an asset is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tidegate.base.money import Asset
from tidegate.base.refusals import Malformed, NotFound
from tidegate.db import Conn, Tx, act
from tidegate.ledger import store as ledger
from tidegate.policy import flow as policies
from tidegate.policy.market import store
from tidegate.policy.market.hearing import believe, hear
from tidegate.policy.market.params import DEFAULTS, Market
from tidegate.policy.market.quotes import MOST_SOURCES, Quote, bar_of, source_name
from tidegate.policy.market.regime import Change, Regime, State, fresh, outflow, pass_time, standing, tell, unfed
from tidegate.policy.market.series import Bar, RefusedPrice, Series, early, fault
from tidegate.policy.pack import Policy

KIND = "market.regime_changed"
"""The journal's word for a change: whoever sends notices waits for it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A price that was not believed: its place in what was sent, a code, what was wrong."""

    place: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Fed:
    """What became of the prices that were sent. A duplicate says what its source said before, word for word."""

    accepted: int
    duplicates: int
    refused: list[Refused]
    changes: int

    def __add__(self, more: Fed) -> Fed:
        return Fed(
            self.accepted + more.accepted,
            self.duplicates + more.duplicates,
            [*self.refused, *more.refused],
            self.changes + more.changes,
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """What left a hot wallet on balance, in units; inflows may make the sums negative."""

    hot_units: int  # what it holds now
    net_1h_units: int
    net_24h_units: int


def regimes(conn: Conn, asset_ids: Collection[int], now: datetime, policy: Policy | None = None) -> dict[int, Regime]:
    """The regime of each asset at `now`; stale prices make nervous by time alone. Writes nothing, waits for nobody.

    One statement where the caller has the policy in force at hand. Raises NotFound `asset_unknown`.
    """
    policy = policy or policies.active(conn, now)
    seen: dict[int, list[store.Seen]] = defaultdict(list)
    for row in store.seen(conn, sorted(asset_ids)):
        seen[row.asset_id].append(row)
    missing = set(asset_ids) - set(seen)
    if missing:
        raise NotFound("asset_unknown", f"There is no asset {min(missing)}.")
    return {asset_id: _regime(found, now, policy) for asset_id, found in seen.items()}


def prices(conn: Conn, asset: Asset, now: datetime, policy: Policy) -> list[int]:
    """What the asset costs just now, 10^-12 USD per coin, one price per source; empty where nobody knows.

    Fresh prices of sources; where no source ever named the asset, the one that the policy fixes. A source that has
    gone silent is not replaced by a fixed price: that one may be far away by now.
    """
    told = [w for row in store.seen(conn, [asset.id]) if (w := row.witness) is not None]
    if told:
        return [w.close for w in fresh(told, now, policy.market)]
    return [policy.fixed_prices[asset.name]] if asset.name in policy.fixed_prices else []


def feed(conn: Conn, source: str, quotes: Sequence[Quote], actor: str, now: datetime) -> Fed:
    """Take in what one source says. Each price is believed or refused on its own; their order does not matter.

    Raises Malformed `source_malformed`.
    """
    assets = {(asset.symbol, asset.network): asset for asset in ledger.assets(conn)}
    bars: list[tuple[int, Asset, Bar]] = []
    refused: list[Refused] = []
    for place, quote in enumerate(quotes):
        asset = assets.get((quote.asset, quote.network))
        bar = bar_of(quote, asset)
        if isinstance(bar, RefusedPrice):
            refused.append(Refused(place, bar.code, bar.message))
        elif asset is not None:
            bars.append((place, asset, bar))
    fed = record(conn, source, bars, actor, now)
    return replace(fed, refused=sorted([*refused, *fed.refused], key=lambda r: r.place))


def record(conn: Conn, source: str, bars: Sequence[tuple[int, Asset, Bar]], actor: str, now: datetime) -> Fed:
    """Follow the bars of one source, oldest first per asset, in one transaction; (place, asset, bar).

    Raises Malformed `source_malformed`.
    """
    source_name(source)
    by_asset: dict[int, list[tuple[int, Asset, Bar]]] = defaultdict(list)
    for item in sorted(bars, key=lambda item: (item[1].id, item[2].at, item[0])):
        by_asset[item[1].id].append(item)
    policy = policies.active(conn, now)
    done = Fed(0, 0, [], 0)
    with act(conn, actor, now) as tx:
        store.ensure(conn, list(by_asset), [min(now, items[0][2].at) for items in by_asset.values()])
        states = {row.asset_id: row.state for row in store.lock(conn, list(by_asset))}
        known = _series(conn, list(by_asset))
        said = {
            (row.asset_id, row.at): row.bar
            for row in store.told(conn, source, [a.id for _, a, _ in bars], [bar.at for _, _, bar in bars])
        }
        for asset_id, items in by_asset.items():
            done += _follow(tx, source, items, states[asset_id], known[asset_id], said, policy)
    return done


def restart(
    conn: Conn, asset: str, network: str, source: str, price: str | None, reason: str, actor: str, now: datetime
) -> None:
    """A person says what a source's price really is, however far from its last one: another coin, a redenomination.

    The source begins anew at that price; what was measured before is forgotten, what was told is kept, and the
    regime ends as it always does. None = the source is gone for good, and nobody waits for its prices any more.
    Raises NotFound `source_unknown`, Malformed `reason_invalid`, `asset_unknown`, `source_malformed` or the code of
    a price that can never be right.
    """
    if not reason.strip():
        raise Malformed("reason_invalid", "Say why, so that others understand it later.", field="reason")
    found = next((a for a in ledger.assets(conn) if (a.symbol, a.network) == (asset, network)), None)
    if found is None:
        raise Malformed("asset_unknown", f"{asset}@{network} is not an asset here.", field="asset")
    bar = None if price is None else _vouched(Quote(asset, network, now, price), found)
    source_name(source)
    p = policies.active(conn, now).market
    with act(conn, actor, now) as tx:
        store.ensure(conn, [found.id], [now])
        (row,) = store.lock(conn, [found.id])
        known = _series(conn, [found.id])[found.id]
        gone = store.forget(conn, found.id, source)
        if gone is None and bar is None:
            raise NotFound("source_unknown", f"{source!r} has no prices of {found.name}.")
        if bar is not None:
            heard = believe(row.state, known, source, bar, found.name, p)
            assert heard.series is not None
            store.add_ticks(conn, source, [found.id], [bar], actor, now)
            store.keep_series(conn, found.id, heard.series)
            store.keep_state(conn, found.id, heard.state)
            _note(tx, found, heard.changes, p)
        body = {"source": source, "reason": reason, "price": price, "last_at": gone.at if gone else None}
        tx.note("market.source_restarted", subject_of(found), body)


def _vouched(quote: Quote, asset: Asset) -> Bar:
    bar = bar_of(quote, asset)
    wrong = bar if isinstance(bar, RefusedPrice) else fault(None, bar, None, DEFAULTS)
    if wrong is not None:
        raise Malformed(wrong.code, wrong.message, field="price")
    assert isinstance(bar, Bar)
    return bar


def observe_outflow(conn: Conn, flows: Mapping[int, Flow], actor: str, now: datetime) -> int:
    """Say what left the hot wallets, asset by asset: a run tightens like a storm. How many regimes changed."""
    assets = {asset.id: asset for asset in ledger.assets(conn)}
    p = policies.active(conn, now).market
    count = 0
    with act(conn, actor, now) as tx:
        store.ensure(conn, sorted(flows), [now] * len(flows))
        locked = store.lock(conn, sorted(flows))
        known = _series(conn, list(flows))
        for row in locked:
            witnesses = list(known[row.asset_id].values())
            flow = flows[row.asset_id]
            state, changes = pass_time(row.state, witnesses, max(now, row.clock), p)
            entered, held = outflow(flow.hot_units, flow.net_1h_units, flow.net_24h_units, p)
            state, change = tell(replace(state, run=state.run.seen(state.clock, entered, held)), witnesses, p)
            changes += [change] if change else []
            store.keep_state(conn, row.asset_id, state)
            _note(tx, assets[row.asset_id], changes, p)
            count += len(changes)
    return count


def review_due(conn: Conn, actor: str, now: datetime) -> int:
    """Write down what time alone has changed: prices gone stale, levels that ended. How many changes.

    `regimes` sees them without it; this makes the journal's row, and so the notice.
    """
    assets = {asset.id: asset for asset in ledger.assets(conn)}
    count = 0
    with act(conn, actor, now) as tx:
        idle = store.lock_idle(conn)
        if not idle:
            return 0
        p = policies.active(conn, now).market
        known = _series(conn, [row.asset_id for row in idle])
        for row in idle:
            state, changes = pass_time(row.state, list(known[row.asset_id].values()), now, p)
            if changes:
                store.keep_state(conn, row.asset_id, state)
                _note(tx, assets[row.asset_id], changes, p)
                count += len(changes)
    return count


def subject_of(asset: Asset) -> str:
    """What the journal calls an asset's market: "market:ETH@ethereum"."""
    return f"market:{asset.name}"


def _regime(found: Sequence[store.Seen], now: datetime, policy: Policy) -> Regime:
    first = found[0]
    witnesses = [w for row in found if (w := row.witness) is not None]
    if first.state is None or not witnesses:
        return unfed(first.state, f"{first.symbol}@{first.network}" in policy.fixed_prices, now, policy.market)
    return standing(first.state, witnesses, now, policy.market)


def _series(conn: Conn, asset_ids: Sequence[int]) -> dict[int, dict[str, Series]]:
    known: dict[int, dict[str, Series]] = {asset_id: {} for asset_id in asset_ids}
    for row in store.series(conn, asset_ids):
        known[row.asset_id][row.source] = row.series
    return known


def _follow(
    tx: Tx,
    source: str,
    items: Sequence[tuple[int, Asset, Bar]],
    state: State,
    known: dict[str, Series],
    said: dict[tuple[int, datetime], Bar],
    policy: Policy,
) -> Fed:
    """The bars of one asset, whose regime is locked."""
    asset, p = items[0][1], policy.market
    believed: list[Bar] = []
    refused: list[Refused] = []
    changes: list[Change] = []
    duplicates = 0
    for place, _, bar in items:
        before = said.get((asset.id, bar.at))
        if before == bar:
            duplicates += 1
            continue
        if before is not None:
            refused.append(Refused(place, "price_changed", "This source gave another price for that time already"))
            continue
        ahead = early(bar, tx.now, p)
        if ahead is not None:
            refused.append(Refused(place, ahead.code, ahead.message))
            continue
        if source not in known and len(known) >= MOST_SOURCES:
            refused.append(Refused(place, "too_many_sources", f"{asset.name} has {MOST_SOURCES} sources already"))
            continue
        heard = hear(state, known, source, bar, policy.fixed_prices.get(asset.name), asset.name, p)
        state = heard.state
        changes += heard.changes
        if heard.series is not None:
            known[source] = heard.series
        if heard.refused is None:
            believed.append(bar)
            said[asset.id, bar.at] = bar
        else:
            refused.append(Refused(place, heard.refused.code, heard.refused.message))
    store.add_ticks(tx.conn, source, [asset.id] * len(believed), believed, tx.actor, tx.now)
    store.keep_state(tx.conn, asset.id, state)
    if source in known:
        store.keep_series(tx.conn, asset.id, known[source])
    _note(tx, asset, changes, p)
    return Fed(len(believed), duplicates, refused, len(changes))


def _note(tx: Tx, asset: Asset, changes: Sequence[Change], p: Market) -> None:
    for change in changes:
        tx.note(
            KIND,
            subject_of(asset),
            {
                "asset": asset.symbol,
                "network": asset.network,
                "at": change.at,
                "from": change.before.word,
                "to": change.after.word,
                "reason": change.reason,
                "multiplier_percent": p.multiplier_percent(change.after),
                "review_at": change.review_at,
            },
        )
