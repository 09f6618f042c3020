"""Reasons that the house itself writes down, in Chinese. What people type is theirs and stays as it is."""

from __future__ import annotations

import re

from tidegate.console.words import clauses, conduct
from tidegate.notifications import rating_words
from tidegate.notifications.read_back import Read, Sentences, by

REASONS: Sentences = (
    # of measures, and of the restrictions that carry them out
    ("{article}, {measure} ({id}): {words}", "{article}，{measure}（{id}）：{words}"),
    ("its time is over", "期限届满"),
    ("carried out", "已执行"),
    ("the tier fell to {tier} ({rule})", "等级下调为{tier}（{rule}）"),
    ("the merchant has left ({rule})", "商家已退出（{rule}）"),
    ("{line} was told, and its measures hold instead", "{line} 已公布，改为执行其措施"),
    ("{line} was told, and asks for no measure", "{line} 已公布，不要求采取措施"),
    ("{fact} turned out to be none", "{fact} 经认定不成立"),
    ("S2 Art. {articles} ({line})", "{articles}（{line}）"),
    ("The customer froze their account with the link of {mail}.", "客户通过 {mail} 中的链接冻结了账户。"),
    # of a bond
    ("lock", "缴纳"),
    ("top_up", "补足"),
    ("the merchant has left", "商家已退出"),
    ("the release delay is over", "解锁等待期已满"),
    # of withdrawals
    ("too many wrong codes", "验证码错误次数过多"),
    ("the counterparty did not answer", "对手方未答复"),
    ("by a reviewer in {case}", "由审核人在 {case} 中决定"),
    ("not confirmed by {until}", "未在 {until} 前确认"),
    ("not informed about by {until}", "未在 {until} 前补充资料"),
    ("order {reference}, document {hash}", "司法命令 {reference}，文件 {hash}"),
    ("by {actor}", "由 {actor}"),
    # of payments
    ("the network asks up to {fee} wei, the ceiling is {ceiling}", "网络手续费最高 {fee} wei，上限 {ceiling}"),
    ("the node shows {count} transactions on nonce {nonce}", "节点显示 nonce {nonce} 上有 {count} 笔交易"),
    ("not in the chain", "链上未找到该交易"),
    ("cancelled on chain", "已在链上取消"),
)

_MEASURES = {
    code.removeprefix("taken."): words[1] for code, words in conduct.CODES.items() if code.startswith("taken.")
}


def _articles(said: str) -> str:
    """As in "6 HIGH, S2 Art. 5.2e"."""
    return "、".join(clauses.chinese(part if part.startswith("S2") else f"S2 Art. {part}") for part in said.split(", "))


READ: Read = {
    "article": clauses.chinese,
    "measure": by(_MEASURES),
    "tier": by({name: text.zh for name, text in rating_words.TIERS.items()}),
    "articles": _articles,
    "until": lambda at: re.sub(r"T(.*)Z", r" \1 UTC", at),
}
