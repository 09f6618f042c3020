"""Words of the public status page."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "status_title": ("Status of withdrawals", "提币服务状态"),
    "status_open": ("Withdrawals are working", "提币服务正常"),
    "status_slow": ("Some withdrawals take longer", "部分提币处理较慢"),
    "status_paused": ("Withdrawals are paused", "提币已暂停"),
    "status_as_of": ("As of", "更新于"),
    "status_old": (
        "These figures could not be renewed since then; we are working on it.",
        "此后数据未能更新，我们正在处理。",
    ),
    "status_now": ("What is going on", "当前情况"),
    "status_nothing": (
        "Nothing is paused, no market is restless, every network answers.",
        "无暂停项目，行情平稳，各网络连接正常。",
    ),
    "status_since": ("since", "开始于"),
    "status_platform": ("All assets", "全部资产"),
    "status_paused_one": ("paused", "暂停"),
    "status_limits": ("lower limits", "额度下调"),
    "status_late": ("slow", "较慢"),
    "status_worker": (
        "Requests are taken, but nothing moves on just now. What you have asked for is kept and goes on by itself.",
        "可以提交申请，但后续处理暂时停止。已提交的申请会保留，恢复后自动继续。",
    ),
    "status_processing": ("Processing", "处理系统"),
    "status_times": ("From request to arrival", "从申请到完成的用时"),
    "status_times_hint": (
        "The time between your request and the moment when the network can no longer undo the payment. It includes "
        "the time until the customer confirmed.",
        "从提交申请到链上付款不可撤销为止的时间，包含客户本人确认所用的时间。",
    ),
    "status_asset": ("Asset", "币种"),
    "status_half": ("Half took at most", "半数不超过"),
    "status_most": ("95 of 100 took at most", "95% 不超过"),
    "status_paid": ("Paid", "已完成笔数"),
    "status_24": ("24 hours", "近 24 小时"),
    "status_168": ("7 days", "近 7 天"),
    "status_none": ("none", "无"),
    "status_few": ("fewer than {fewest}", "少于 {fewest} 笔"),
    "status_about": ("about {count}", "约 {count} 笔"),
    "status_untold": ("not shown", "不公布"),
    "status_why_few": (
        "Below {fewest} withdrawals no time and no share is shown: it would say something about single customers. "
        "Counts are rounded down to two digits, times are rounded up.",
        "少于 {fewest} 笔时不公布用时和比例，以免泄露个别客户的情况。笔数仅保留前两位数字，用时向上取整。",
    ),
    "status_holds": ("How many are held", "被暂缓的比例"),
    "status_holds_hint": (
        "Most withdrawals go out by themselves. Some wait: for a time, or until a person has looked.",
        "多数提币自动完成，部分需要延迟一段时间或等待人工审核。",
    ),
    "status_held": ("Held by a delay or a person", "被延迟或转人工审核"),
    "status_of": ("Withdrawals under way", "处理的提币笔数"),
    "status_released": ("Of these, paid in the end", "其中最终已付款"),
    "status_help": (
        "Your own withdrawal says in your account why it waits and until when.",
        "您的每笔提币为何等待、等到何时，可在账户中查看。",
    ),
    "status_machines": ("For programs", "程序接口"),
}

DONE: dict[str, tuple[str, str]] = {}
CODES: dict[str, tuple[str, str]] = {}
