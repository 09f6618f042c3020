"""What staff read of a merchant's conduct and of measures: in the third person. The merchant's own letters say "you"
(`notifications.rating_words`)."""

from __future__ import annotations

CODES: dict[str, tuple[str, str]] = {
    "article.5.1": ("risk checks found unusual trading", "风控排查发现交易行为异常"),
    "article.5.2a": ("a public authority named the merchant", "商家被公权力机关点名调查取证"),
    "article.5.2b": ("trades outside the platform", "在平台外或私下拉群交易"),
    "article.5.2c": (
        "withdrawals to a listed address in spite of a warning",
        "无视风险提示仍提币至风险地址",
    ),
    "article.5.2d": ("payment accounts that are used elsewhere as well", "收付款账户与其他平台一致，未作隔离"),
    "article.5.2e": ("accounts of people who dealt with the merchant were frozen", "与商家交易的其他用户账户被冻结"),
    "article.5.2f": ("the trading rules were broken", "违反交易规范"),
    "article.5.3a": ("a single trade above the initial funds", "单笔成交额大于初始注入资金"),
    "article.5.3b": ("buying only or selling only", "只买或只卖的非正常交易行为"),
    "article.5.3c": ("a sell ad without conditions for takers", "卖出广告未设置限制"),
    "taken.warning": ("warning", "风险警示"),
    "taken.observation": ("observation", "纳入重点观察期"),
    "taken.step_up": ("second factor for withdrawals", "提币二次认证"),
    "taken.trade_limit": ("limit on trades", "限制交易"),
    "taken.withdrawal_delay": ("withdrawals wait", "延迟提币"),
    "taken.withdrawal_limit": ("limit on withdrawals", "限制提币"),
    "taken.freeze": ("the account is frozen", "冻结账户"),
    "taken.top_up_demand": ("the bond has to be topped up", "要求补足保证资产"),
    "taken.partial_deduction": ("a part of the bond is taken", "扣除部分保证资产"),
    "taken.dismissal": ("a merchant no more", "解除商家资格"),
    "taken.trading_disabled": ("trading is disabled for good", "永久禁用交易账户"),
    "taken.off_boarding": ("own coins leave through staff", "剩余资产经人工通道转出"),
    "taken.full_deduction": ("the whole bond is taken after the time for an appeal", "申诉期满后全额扣除保证资产"),
}
