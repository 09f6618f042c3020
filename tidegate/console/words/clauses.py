"""How clauses of the rulebooks are called in Chinese: decisions and lines keep them in English."""

from __future__ import annotations

import re

from tidegate.notifications import rating_words

CLAUSES: dict[str, tuple[str, str]] = {
    "W1 quorum by amount": ("W1 quorum by amount", "W1 按金额审批人数"),
    "W3 analyst rules": ("W3 analyst rules", "W3 分析规则"),
    "W3 failing checks": ("W3 failing checks", "W3 检查失败"),
    "W4 account": ("W4 account", "W4 账户"),
    "W4 address": ("W4 address", "W4 地址"),
    "W4 allow-list": ("W4 allow-list", "W4 提币白名单"),
    "W4 behaviour": ("W4 behaviour", "W4 行为"),
    "W4 egress": ("W4 egress", "W4 出金熔断"),
    "W4 funds": ("W4 funds", "W4 资金"),
    "W4 identity": ("W4 identity", "W4 身份"),
    "W4 jurisdiction": ("W4 jurisdiction", "W4 法域"),
    "W4 limits": ("W4 limits", "W4 额度"),
    "W4 lists": ("W4 lists", "W4 名单"),
    "W4 look-alike": ("W4 look-alike", "W4 相似地址"),
    "W4 new address": ("W4 new address", "W4 新地址"),
    "W4 outside": ("W4 outside", "W4 外部核查"),
    "W4 restrictions": ("W4 restrictions", "W4 限制措施"),
    "W4 retention": ("W4 retention", "W4 T+N 锁定"),
    "W4 session": ("W4 session", "W4 登录环境"),
    "W4 travel rule": ("W4 travel rule", "W4 旅行规则"),
    "W4 unit sanity": ("W4 unit sanity", "W4 数量合理性"),
    "W4 velocity": ("W4 velocity", "W4 提币频率"),
    "W5 market regime": ("W5 market regime", "W5 行情状态"),
}
"""Clauses of the rulebook of withdrawals."""

_ARTICLE = re.compile(r"S2 Art\. ([\d.]+[a-z]?)")


def chinese(clause: str) -> str:
    """As "S2 Art. 5.2c" is S2 第 5.2c 条; a tier after it is called by its name. What nobody named stays as it is."""
    if clause in CLAUSES:
        return CLAUSES[clause][1]
    told = _ARTICLE.sub(r"S2 第 \1 条", clause)
    for name, text in rating_words.TIERS.items():
        told = told.replace(f" {name.upper()}", f"（{text.zh}）")
    return told
