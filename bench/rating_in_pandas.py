"""Ten of the indicators as one would write them in pandas on a first day: group, merge, loop where it is natural.

Floats, no digests, no evidence, no late news: less than what the texts do, and still the same merchants must fire.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tidegate.policy.indicator_numbers import IndicatorNumbers
from tidegate.rating.indicators.reading import Span

DONE = ("released", "resolved_release")


def fired(files: Mapping[str, Sequence[Path]], span: Span, numbers: IndicatorNumbers) -> dict[str, int]:
    """How many merchants each indicator fires on."""
    p = numbers.values
    orders = pd.concat([pd.read_parquet(path) for path in files["p2p_orders"]], ignore_index=True)
    for name in ("value", "price", "reference_price"):
        orders[name] = orders[name].astype(float)
    counted = orders[["ended_at", "known_at"]].max(axis=1)
    ended = orders[(counted >= span.start) & (counted < span.end)]
    done = ended[ended["status"].isin(DONE)]
    flows = pd.concat([pd.read_parquet(path) for path in files["coin_flows"]], ignore_index=True)
    flows = flows[(flows["at"] >= span.start) & (flows["at"] < span.end)]
    flows["value"] = flows["value"].astype(float)
    merchants = pd.concat([pd.read_parquet(path) for path in files["p2p_merchants"]], ignore_index=True)
    scope = pd.concat([pd.read_parquet(path) for path in files["p2p_scope"]], ignore_index=True)
    inside = scope[(scope["from_at"] < span.end) & (scope["until_at"].isna() | (scope["until_at"] > span.start))]
    done = done[done["subject_id"].isin(inside["subject_id"])]
    ended = ended[ended["subject_id"].isin(inside["subject_id"])]
    found = {
        "I-01": _one_sided(done, flows, merchants, p),
        "I-07": _pass_through(done, p),
        "I-09": _structuring(done, numbers),
        "I-10": _newcomers(done, p),
        "I-12": _prices(done, p),
        "I-13": _jumps(done, p),
        "I-14": _concentration(done, p),
        "I-15": int(
            (done[done["payer_similarity"] < p["names_similarity_percent"]].groupby("subject_id").size() >= 1).sum()
        ),
        "I-18": _lost(ended, done, p),
    }
    ended.groupby("subject_id").apply(
        lambda one: pd.Series(
            {"rate": one["status"].isin(DONE).mean(), "release": (one["released_at"] - one["paid_at"]).median()}
        ),
        include_groups=False,
    )  # I-21 is shown and never fires
    return {name: many for name, many in found.items() if many}


def _sides(done: pd.DataFrame) -> pd.DataFrame:
    table = done.pivot_table(index="subject_id", columns="side", values="value", aggfunc="sum", fill_value=0)
    return table.reindex(columns=["buy", "sell"], fill_value=0)


def _one_sided(done: pd.DataFrame, flows: pd.DataFrame, merchants: pd.DataFrame, p: Mapping[str, int]) -> int:
    sides, n = _sides(done), done.groupby("subject_id").size()
    tagged = flows[flows["counterpart"] == "exchange"].merge(merchants, on="party_id")
    moved = tagged.pivot_table(index="subject_id", columns="direction", values="value", aggfunc="sum", fill_value=0)
    moved = moved.reindex(index=sides.index, columns=["in", "out"], fill_value=0)
    buys = sides["buy"] > sides["sell"]
    counter = moved["out"].where(buys, moved["in"])
    lopsided = (sides["buy"] - sides["sell"]).abs() / (sides["buy"] + sides["sell"]) >= p[
        "one_sided_share_percent"
    ] / 100
    share = counter / sides.max(axis=1) >= p["one_sided_counter_flow_percent"] / 100
    return int((lopsided & share & (n >= p["one_sided_orders"])).sum())


def _pass_through(done: pd.DataFrame, p: Mapping[str, int]) -> int:
    hits, span = 0, pd.Timedelta(hours=p["pass_through_hours"])
    for _, one in done.groupby("subject_id"):
        share = one.loc[one["side"] == "sell", "value"].sum() / one["value"].sum()
        most, least = p["pass_through_most_sell_percent"] / 100, p["pass_through_least_sell_percent"] / 100
        if len(one) < p["pass_through_orders"] or not least <= share <= most:
            continue
        quick = total = 0.0
        for _, flow in one.groupby("fiat"):
            queue: deque[list[Any]] = deque()
            for side, value, at in flow.sort_values(["paid_at", "side"], ascending=[True, False])[
                ["side", "value", "paid_at"]
            ].itertuples(index=False):
                if side == "sell":
                    queue.append([at, value])
                    total += value
                    continue
                while value > 0 and queue:
                    taken = min(value, queue[0][1])
                    quick += taken if at - queue[0][0] < span else 0
                    value -= taken
                    queue[0][1] -= taken
                    if queue[0][1] <= 0:
                        queue.popleft()
        hits += total > 0 and quick / total >= p["pass_through_share_percent"] / 100
    return int(hits)


def _structuring(done: pd.DataFrame, numbers: IndicatorNumbers) -> int:
    p, subjects = numbers.values, set()
    for limit in numbers.structuring_limits:
        near = done[(done["value"] <= limit) & (done["value"] * 100 >= limit * p["structuring_from_percent"])].copy()
        near["account"] = near["payer_hash"].where(near["side"] == "sell", near["payee_hash"])
        for key in ("account", "device_id"):
            for (subject, _), one in near.groupby(["subject_id", key]):
                one = one.sort_values("created_at")
                rolling = one.rolling(f"{p['structuring_hours']}h", on="created_at", closed="both")["value"].count()
                days = one.loc[rolling >= p["structuring_orders"], "created_at"].dt.date.nunique()
                if days >= p["structuring_days"]:
                    subjects.add(subject)
    return len(subjects)


def _newcomers(done: pd.DataFrame, p: Mapping[str, int]) -> int:
    young = done[done["created_at"] - done["taker_since"] < pd.Timedelta(days=p["newcomers_days"])]
    takers, n = done.groupby("subject_id")["taker_id"].nunique(), done.groupby("subject_id").size()
    share = young.groupby("subject_id")["taker_id"].nunique().reindex(takers.index, fill_value=0) / takers
    peers = share[n >= p["newcomers_orders"]]
    middle = peers.quantile(0.5, interpolation="lower")
    mad = (peers - middle).abs().quantile(0.5, interpolation="lower")
    line = max(p["newcomers_least_percent"] / 100, middle + p["newcomers_mads"] * mad)
    hit = set(share[(share > line) & (n >= p["newcomers_orders"])].index)
    first = young.sort_values("created_at").drop_duplicates(["subject_id", "taker_id"])
    for subject, one in first.groupby("subject_id"):
        rolling = one.rolling(f"{p['newcomers_burst_hours']}h", on="created_at", closed="both")["value"].count()
        if rolling.max() >= p["newcomers_burst"]:
            hit.add(subject)
    return len(hit)


def _prices(done: pd.DataFrame, p: Mapping[str, int]) -> int:
    quoted = done[done["reference_price"] > 0].copy()
    quoted["off"] = quoted["price"] / quoted["reference_price"] - 1
    channel = ["side", "asset_id", "fiat", "method"]
    middle = quoted.groupby(channel)["off"].transform("median")
    quoted["from_middle"] = (quoted["off"] - middle).abs()
    mad = quoted.groupby(channel)["from_middle"].transform("median")
    outside = quoted[quoted["off"].abs() > (p["price_mads"] * mad).clip(lower=p["price_least_percent"] / 100)]
    return int((outside.groupby("subject_id").size() >= p["price_orders"]).sum())


def _jumps(done: pd.DataFrame, p: Mapping[str, int]) -> int:
    hits = 0
    for _, one in done.groupby("subject_id"):
        one = one.sort_values("created_at")
        rolling = one.rolling("24h", on="created_at", closed="both")["value"].sum()
        days = one.groupby(one["created_at"].dt.normalize())["value"].sum()
        for day, volume in rolling.groupby(one["created_at"].dt.normalize()).max().items():
            before = days.reindex(pd.date_range(end=day - pd.Timedelta(days=1), periods=p["jump_days"]), fill_value=0)
            if volume > max(p["jump_limit"], p["jump_factor"] * before.quantile(0.5, interpolation="lower")):
                hits += 1
                break
    return hits


def _concentration(done: pd.DataFrame, p: Mapping[str, int]) -> int:
    values, n = done.groupby(["subject_id", "taker_id"])["value"].sum(), done.groupby("subject_id").size()
    by_subject = values.groupby("subject_id")
    hit = set(
        n[
            (by_subject.max() / by_subject.sum() > p["concentration_percent"] / 100) & (n >= p["concentration_orders"])
        ].index
    )
    columns = ["subject_id", "taker_id", "order_id", "value", "released_at"]
    steps = done.loc[done["side"] == "sell", columns].merge(done.loc[done["side"] == "buy", columns], on="taker_id")
    span, near = pd.Timedelta(hours=p["concentration_cycle_hours"]), p["concentration_cycle_percent"] / 100
    after = steps["released_at_y"] - steps["released_at_x"]
    alike = (steps["value_y"] - steps["value_x"]).abs() <= steps["value_x"] * near
    steps = steps[(after > pd.Timedelta(0)) & (after <= span) & alike]
    ways = steps[["subject_id_x", "subject_id_y", "order_id_x", "value_x", "value_y", "released_at_x", "released_at_y"]]
    own = ways.loc[ways["subject_id_x"] == ways["subject_id_y"], ["subject_id_x", "order_id_x"]]
    apart = ways[ways["subject_id_x"] != ways["subject_id_y"]]
    back = apart.rename(columns={"subject_id_x": "subject_id_y", "subject_id_y": "subject_id_x"})
    four = apart.merge(back, on=["subject_id_x", "subject_id_y"], suffixes=("", "_back"))
    closed = (four["released_at_x_back"] >= four["released_at_y"]) & (
        four["released_at_y_back"] - four["released_at_x"] <= span
    )
    four = four[closed & ((four["value_y_back"] - four["value_x"]).abs() <= four["value_x"] * near)]
    circles = pd.concat([own, four[["subject_id_x", "order_id_x"]]]).drop_duplicates().groupby("subject_id_x").size()
    return len(hit | set(circles[circles >= p["concentration_cycles"]].index))


def _lost(ended: pd.DataFrame, done: pd.DataFrame, p: Mapping[str, int]) -> int:
    lost = ended[ended["dispute_lost_by"] == "merchant"].groupby("subject_id").size()
    n = done.groupby("subject_id").size().reindex(lost.index, fill_value=0)
    return int(((lost >= p["lost_times"]) | ((n >= p["lost_orders"]) & (lost / n >= p["lost_percent"] / 100))).sum())
