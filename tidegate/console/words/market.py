"""Words of the market's pages."""

from __future__ import annotations

from tidegate.notifications import templates

WORDS: dict[str, tuple[str, str]] = {
    "markets": ("Market", "行情"),
    "regime": ("Regime", "行情状态"),
    "regime_calm": ("calm", "平稳"),
    "regime_nervous": ("nervous", "波动"),
    "regime_stormy": ("stormy", "剧烈"),
    "leaves": ("leaves of limits", "限额比例"),
    "why": ("Why", "原因"),
    "as_of": ("Prices of", "价格时间"),
    "sources": ("Sources", "价格来源"),
    "looked_at": ("Looked at again", "下次复核"),
    "market_hint": (
        "A restless market only makes limits smaller. It tightens at once and eases step by step.",
        "行情波动只会收紧限额：收紧立即生效，放宽逐级进行。",
    ),
    "prices": ("Prices", "价格走势"),
    "no_prices": ("No source tells prices of this asset.", "该币种暂无价格来源。"),
    "regime_changes": ("When and why limits moved", "限额调整记录"),
    "no_changes": ("It has always been calm.", "行情一直平稳。"),
    "from": ("From", "原状态"),
    "to": ("To", "新状态"),
    "span_1d": ("1 day", "1 天"),
    "span_7d": ("7 days", "7 天"),
    "span_30d": ("30 days", "30 天"),
}

CODES: dict[str, tuple[str, str]] = {
    **{f"market_reason.{code}": (text.en, text.zh) for code, text in templates.MARKET_REASONS.items()},
    "market_reason.calm": ("Nothing was seen.", "未发现异常。"),
    "market_reason.fixed_price": ("The policy says its price.", "价格由策略固定。"),
    "market_reason.no_prices": ("No price of it has come.", "尚未收到价格。"),
    "market_reason.second_source_missing": (
        "Only one source tells its price, and so much takes two.",
        "仅有一个价格来源，该价值须有两个来源。",
    ),
}
"""Why a regime is what it is."""
