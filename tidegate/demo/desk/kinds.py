"""The kinds of merchants on the simulated desk: how each trades, and what it is planted to show.

Numbers are guesses of ours, chosen so that honest conduct comes near the thresholds now and then and wrong conduct
is now and then too faint to be seen. Nothing was fitted to the indicators' results.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to run a desk."""

    name: str
    zh: str
    share: float  # of all merchants, before rounding; every kind has at least one
    wrong: bool = False  # would a reviewer who knew everything want to act?
    shows: frozenset[str] = frozenset()  # the indicators that this conduct is planted to raise
    pace: float = 1.0  # orders a day, beside the average merchant
    sells: float = 0.5  # share of orders in which the merchant sells coins
    guarded: float = 0.95  # chance that a sell ad has conditions on its takers
    newcomers: float = 0.02  # share of takers who registered in the last seven days
    dirty: float = 0.0004  # share of the fiat received that a bank will trace
    strangers: float = 0.002  # share of payers whose name is not the taker's


def _shows(*indicators: str) -> frozenset[str]:
    return frozenset(indicators)


KINDS = (
    Kind("market_maker", "做市商", 0.28, pace=1.6),
    Kind("net_seller", "净卖方", 0.10, sells=0.965),
    Kind("net_buyer", "净买方", 0.08, sells=0.035),
    Kind("careless", "疏于设限", 0.07, wrong=True, shows=_shows("I-05", "I-06"), guarded=0.03, dirty=0.03),
    Kind("arbitrageur", "跨平台搬砖", 0.06, wrong=True, shows=_shows("I-01"), sells=0.01),
    Kind("ring", "过账团伙", 0.04, wrong=True, shows=_shows("I-07", "I-11", "I-06"), pace=0.2, guarded=0.3, dirty=0.05),
    Kind("structurer", "拆分交易", 0.04, wrong=True, shows=_shows("I-09")),
    Kind("triangulated", "三角诈骗受害", 0.05, shows=_shows("I-15"), strangers=0.05, dirty=0.02),
    Kind("taken_over", "账户被盗", 0.03, shows=_shows("I-17")),
    Kind("wash", "对敲刷量", 0.03, wrong=True, shows=_shows("I-14"), pace=0.25),
    Kind("shared_account", "共用收款账户", 0.03, wrong=True, shows=_shows("I-03")),
    Kind("insister", "执意提币", 0.03, wrong=True, shows=_shows("I-04")),
    Kind("newcomer_farm", "新户聚集", 0.02, wrong=True, shows=_shows("I-10"), newcomers=0.4),
    Kind("gouger", "价格异常", 0.02, wrong=True, shows=_shows("I-12")),
    Kind("surging", "交易量激增", 0.02, shows=_shows("I-13")),
    Kind("quarreller", "申诉败诉", 0.02, wrong=True, shows=_shows("I-18")),
    Kind("hasty", "快进快出", 0.02, wrong=True, shows=_shows("I-08")),
    Kind("overreaching", "单笔超初始资金", 0.02, shows=_shows("I-02")),
    Kind("counterfeited", "遭遇假币", 0.01, shows=_shows("I-20")),
    Kind("thin_bond", "保证资产不足", 0.01, shows=_shows("I-22")),
    Kind("dormant", "休眠", 0.03, pace=0.0),
    Kind("leaving", "退出中", 0.02, pace=0.1),
    Kind("applicant", "申请中", 0.02, pace=0.0),
)

BY_NAME = {kind.name: place for place, kind in enumerate(KINDS)}


def cast(merchants: int) -> np.ndarray:
    """The kind (its place in KINDS) of each of so many merchants: shares by largest remainder, one of each at least."""
    if merchants < len(KINDS):
        raise ValueError(f"{merchants} merchants cannot be of {len(KINDS)} kinds; ask for {len(KINDS)} or more")
    shares = np.array([kind.share for kind in KINDS])
    exact = shares / shares.sum() * (merchants - len(KINDS))
    many = np.floor(exact).astype(np.int64)
    for place in np.argsort(many - exact, kind="stable")[: merchants - len(KINDS) - int(many.sum())]:
        many[place] += 1
    return np.repeat(np.arange(len(KINDS)), many + 1)
