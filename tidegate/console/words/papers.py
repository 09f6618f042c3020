"""Words of the reports on paper that no page says as well."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "paper": ("As PDF", "导出 PDF"),
    "paper_month": ("Monthly rating of merchants", "商家月度评级"),
    "paper_month_lead": (
        "The monthly rating of merchants under Articles 5 to 7 of the merchants' contract. For staff; times are UTC.",
        "依据广告方协议第五条至第七条作出的月度评级。仅供内部使用；时间均为 UTC。",
    ),
    "paper_run": ("This month", "本月评级"),
    "paper_span": ("Trading looked at", "考察期间"),
    "paper_calendar": ("Working days, and the hash of their list", "工作日历及其哈希"),
    "paper_readings": ("Hash of the readings of unclear clauses", "条款解读清单哈希"),
    "paper_decisions": ("What people decided", "人工决定"),
    "paper_computed_decided": ("Facts amount to → decided", "事实对应等级 → 决定等级"),
    "paper_ground": ("Ground", "决定类型"),
    "paper_reason": ("Reason", "理由"),
    "paper_case_lead": (
        "What was known and said about a case. For staff and auditors; times are UTC.",
        "案件的全部已知情况与处理意见。供内部及审计使用；时间均为 UTC。",
    ),
    "paper_subject": ("About", "所涉对象"),
    "paper_opened": ("Opened", "立案时间"),
    "paper_closed": ("Closed", "结案时间"),
    "paper_file_hash": ("SHA-256 of the evidence file", "证据文件 SHA-256"),
    "paper_purpose": ("Purpose, as the customer says", "客户填写的用途"),
    "paper_payload": ("Hash of what was confirmed", "确认内容哈希"),
    "paper_facts_hash": ("SHA-256 of the facts:", "事实 SHA-256："),
    "paper_voices": ("What people said", "审核意见与调查记录"),
    "paper_voices_none": ("Nobody has said anything.", "尚无意见或记录。"),
    "paper_when": ("When", "时间"),
    "paper_answer": ("Answer", "答复"),
    "paper_link": ("Link", "链环"),
    "paper_root": ("Root of its entries", "条目根哈希"),
    "paper_tip": ("Tip of the chain", "链尖哈希"),
    "paper_proof": ("Where the journal holds it", "日志链存证"),
    "paper_proof_note": (
        "Each link hashes its entries (root) and the link before it (tip). Check the evidence file against these, and "
        "these against a later tip: a changed entry changes every tip after it.",
        "每个链环对其条目计算根哈希，并与前一链环一同计算链尖哈希。请以证据文件核对下列哈希，再以其后的链尖哈希核对本链：任一条目被改动，其后所有链尖哈希都会随之改变。",
    ),
}

DONE: dict[str, tuple[str, str]] = {}

CODES: dict[str, tuple[str, str]] = {}
