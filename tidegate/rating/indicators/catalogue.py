"""The indicators of the rating rulebook, section 9: what each is called, what it raises, which rows it reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Raises(StrEnum):
    """What becomes of an indicator that fired, until a person has looked."""

    ALERT = "alert"
    FACTOR = "reference_factor"
    VIOLATION = "violation"  # a case that a person decides
    TASK = "task"
    NOTHING = "nothing"  # it is shown


@dataclass(frozen=True, slots=True)
class Indicator:
    """One of them. `severity` is of alerts; `second` is what its grade 2 means, None = it has one grade."""

    id: str
    article: str
    name: str
    zh: str
    raises: Raises
    severity: str | None
    reads: tuple[str, ...]  # of RECORDS: whose digests say what it saw
    second: str | None = None
    peers: bool = False  # its line depends on every merchant's rows


RECORDS = ("orders", "coins", "accounts", "warnings", "freezes", "signs", "counterfeits", "bonds", "movements")
"""What rows are digested per merchant: `texts/of-orders.sql` and so on."""

_ALERT, _WARN, _HIGH = Raises.ALERT, "warn", "high"

INDICATORS = (
    Indicator("I-01", "5.3b", "one-sided arbitrage", "单边搬砖", Raises.FACTOR, None, ("orders", "coins")),
    Indicator(
        "I-02",
        "5.3a",
        "single trade above initial funds",
        "单笔超初始资金",
        Raises.FACTOR,
        None,
        ("orders", "coins", "movements"),
    ),
    Indicator("I-03", "5.2d", "shared payment account", "共用收付款账户", Raises.VIOLATION, None, ("accounts",)),
    Indicator(
        "I-04",
        "5.2c",
        "insisted on a listed address",
        "警示后仍提币至名单地址",
        _ALERT,
        _HIGH,
        ("warnings", "coins"),
        second="a violation case: executed, or a second time",
    ),
    Indicator(
        "I-05",
        "5.3c",
        "unrestricted sell ad, then a freeze",
        "未设限出售致冻结",
        Raises.FACTOR,
        None,
        ("orders", "freezes"),
    ),
    Indicator(
        "I-06",
        "5.2e",
        "counterparty freezes",
        "交易对手被冻结",
        Raises.VIOLATION,
        None,
        ("orders", "freezes"),
        second="a mass freeze",
    ),
    Indicator("I-07", "5.1", "pass-through", "快进快出过账", _ALERT, _WARN, ("orders",)),
    Indicator("I-08", "5.1", "fast in-out of coins", "币快进快出", _ALERT, _WARN, ("orders", "coins")),
    Indicator("I-09", "5.1", "structuring", "拆分交易", _ALERT, _HIGH, ("orders",)),
    Indicator("I-10", "5.1", "new-account burst", "新户聚集", _ALERT, _WARN, ("orders",), peers=True),
    Indicator("I-11", "5.1", "device ring", "设备团伙", _ALERT, _HIGH, ("orders",)),
    Indicator("I-12", "5.1", "price outlier", "价格异常", _ALERT, _WARN, ("orders",), peers=True),
    Indicator("I-13", "5.1", "volume jump", "交易量激增", _ALERT, _WARN, ("orders",)),
    Indicator("I-14", "5.1", "concentration, self-dealing", "对手集中与对敲", _ALERT, _WARN, ("orders",), peers=True),
    Indicator("I-15", "5.1", "name mismatch", "姓名不符", _ALERT, _WARN, ("orders",)),
    Indicator("I-17", "5.1", "takeover signs", "账户被盗迹象", _ALERT, "critical", ("signs",)),
    Indicator("I-18", "5.2f", "lost appeals", "申诉败诉", Raises.VIOLATION, None, ("orders",)),
    Indicator("I-20", "5.1", "counterfeit asset", "假币充值", _ALERT, _WARN, ("counterfeits",)),
    Indicator("I-21", "Art. 4", "service quality", "服务能力", Raises.NOTHING, None, ("orders",)),
    Indicator("I-22", "Art. 7-8", "bond cover", "保证资产覆盖", Raises.TASK, None, ("bonds",)),
)

BY_ID = {indicator.id: indicator for indicator in INDICATORS}
