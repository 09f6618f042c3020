"""How merchants are told of their rating: tiers, reasons and measures in their words, English and Chinese.

A statement of reasons names the clause and what kind of thing happened; who reported it, and where a threshold is, it
does not say.
"""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.notifications.templates import Text

TIERS: dict[str, Text] = {
    "low": Text("low risk", "低风险"),
    "medium": Text("medium risk", "中度风险"),
    "high": Text("high risk", "高风险"),
    "extreme": Text("extreme risk", "超高风险"),
}

ARTICLES: dict[str, Text] = {
    "5.1": Text("our risk checks found unusual trading (Art. 5.1)", "风控排查发现交易行为异常（第五条 5.1）"),
    "5.2a": Text("a public authority named you (Art. 5.2)", "被公权力机关点名调查取证（第五条 5.2）"),
    "5.2b": Text("trades outside the platform (Art. 5.2)", "在平台外或私下拉群交易（第五条 5.2）"),
    "5.2c": Text(
        "withdrawals to a listed address in spite of a warning (Art. 5.2)",
        "无视风险提示仍提币至风险地址（第五条 5.2）",
    ),
    "5.2d": Text(
        "payment accounts that are used elsewhere as well (Art. 5.2)",
        "收付款账户与其他平台一致，未作隔离（第五条 5.2）",
    ),
    "5.2e": Text(
        "accounts of people who dealt with you were frozen (Art. 5.2)", "与您交易的其他用户账户被冻结（第五条 5.2）"
    ),
    "5.2f": Text("the trading rules were broken (Art. 5.2)", "违反交易规范（第五条 5.2）"),
    "5.3a": Text("a single trade above the initial funds (Art. 5.3)", "单笔成交额大于初始注入资金（第五条 5.3）"),
    "5.3b": Text("buying only or selling only (Art. 5.3)", "只买或只卖的非正常交易行为（第五条 5.3）"),
    "5.3c": Text("a sell ad without conditions for takers (Art. 5.3)", "卖出广告未设置限制（第五条 5.3）"),
}

NOTHING = Text("nothing was found (Art. 6)", "未发现异常或违规（第六条）")
BY_THE_WHOLE = Text("what came of it for others (Art. 6)", "造成的后果（第六条）")

MEASURES: dict[str, Text] = {
    "warning": Text("this warning", "风险警示"),
    "observation": Text("a time of observation", "纳入重点观察期"),
    "step_up": Text("a second factor for withdrawals", "提币二次认证"),
    "trade_limit": Text("a limit on trades", "限制交易"),
    "withdrawal_delay": Text("withdrawals wait", "延迟提币"),
    "withdrawal_limit": Text("a limit on withdrawals", "限制提币"),
    "freeze": Text("your account is frozen", "冻结账户"),
    "top_up_demand": Text("your bond has to be topped up", "补足保证资产"),
    "partial_deduction": Text("a part of your bond is taken", "扣除部分保证资产"),
    "dismissal": Text("you are a merchant no more", "解除商家资格"),
    "trading_disabled": Text("your trading account is disabled for good", "永久禁用交易账户"),
    "off_boarding": Text("your own coins leave through our staff: write to us", "剩余资产经人工通道转出，请联系客服"),
    "full_deduction": Text("your bond is taken when the time for an appeal is over", "申诉期满后全额扣除保证资产"),
}

ENDED: dict[str, Text] = {
    "replaced": Text("your rating was told, and its measures hold instead", "评级结果已公布，改按评级措施执行"),
    "not_kept": Text("your rating was told, and does not ask for it", "评级结果已公布，无须继续采取"),
    "ground_gone": Text("what it stood on turned out to be none", "所依据的情形经核实不成立"),
    "lifted": Text("it is not needed any more", "已无继续采取的必要"),
}
"""Why an interim measure ended before its time."""


def said(text: Text, language: str) -> str:
    return text.zh if language == "zh" else text.en


def notice(measure: str, value: str | None, clauses: Iterable[str], language: str) -> str:
    """A measure as its merchant is told of it: what it is, and why."""
    named = said(MEASURES[measure], language) + ("" if value is None else f" ({value})")
    return f"{named}：{reasons(clauses, language)}" if language == "zh" else f"{named}: {reasons(clauses, language)}"


def reasons(clauses: Iterable[str], language: str) -> str:
    """The clauses that decided a rating, as its statement of reasons."""
    found = [clause.removeprefix("S2 Art. ") for clause in clauses]
    words = [said(ARTICLES[article], language) for article in found if article in ARTICLES]
    if not words:
        words = [said(NOTHING if "6 LOW" in found else BY_THE_WHOLE, language)]
    return ("；" if language == "zh" else "; ").join(words)


def measures(names: Iterable[str], language: str) -> str:
    """What follows, in words; empty where nothing does."""
    words = [said(MEASURES[name], language) for name in names]
    return ("；" if language == "zh" else "; ").join(words)
