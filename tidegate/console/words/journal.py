"""Words of the auditor's pages."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "section_audit": ("Audit", "审计"),
    "journal": ("Journal", "审计日志"),
    "journal_none": ("No entry matches.", "没有符合条件的记录。"),
    "journal_links": ("links so far", "个链节"),
    "journal_subject": ("Thing", "对象"),
    "journal_kind": ("Kind", "类型"),
    "journal_kind_hint": ("With a dot at its end: every kind that begins so.", "以点结尾表示前缀匹配。"),
    "journal_actor": ("Who", "操作者"),
    "journal_since": ("From", "自"),
    "journal_until": ("To", "至"),
    "journal_file": ("Download", "下载"),
    "journal_file_hint": (
        "entries at most; a kind that ends in a dot means all that begin so.",
        "条记录为上限；类型以点结尾表示前缀匹配。",
    ),
    "journal_entry": ("Entry", "记录"),
    "journal_what": ("What it says", "内容"),
    "journal_link": ("Link of the chain", "哈希链节"),
    "journal_with": ("Written in the same moment", "同一事务写入"),
    "journal_holds": ("this link holds", "本链节校验通过"),
    "journal_broken": ("this link does not hold", "本链节校验失败"),
    "journal_root": ("Root of its entries", "记录根哈希"),
    "journal_tip": ("Tip", "链尾哈希"),
    "journal_before": ("Tip before", "前一链尾哈希"),
    "journal_proof": ("Proof as a file", "下载证明"),
    "journal_verify": ("Verify the journal", "校验日志"),
    "journal_verify_hint": (
        "Every entry is hashed again, and every link compared with the one before it. Whoever changed, dropped or "
        "reordered an entry broke every tip after it.",
        "重新计算每条记录的哈希，并逐一核对链节。任何修改、删除或调序都会使其后所有链尾失效。",
    ),
    "journal_verify_go": ("Begin", "开始校验"),
    "journal_verify_again": ("Once more", "重新校验"),
    "journal_verify_at": ("links checked of", "个链节已校验，共"),
    "journal_verify_good": ("Everything holds.", "全部校验通过。"),
    "journal_verify_bad": ("The chain is broken:", "哈希链已断裂："),
    "journal_verify_tip": ("Compare this tip with the one you kept.", "请与您留存的链尾哈希比对。"),
}

DONE: dict[str, tuple[str, str]] = {}

CODES: dict[str, tuple[str, str]] = {}
