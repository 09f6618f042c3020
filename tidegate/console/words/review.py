"""Words of the queue and of a withdrawal's page."""

from __future__ import annotations

from tidegate.console.words import compliance

WORDS: dict[str, tuple[str, str]] = {
    "queue": ("Review queue", "审核队列"),
    "queue_empty": ("Nothing waits here.", "当前没有待处理事项。"),
    "view_all": ("All", "全部"),
    "view_mine": ("Mine", "我的"),
    "view_free": ("Nobody's", "未分配"),
    "view_late": ("Late", "已超时"),
    "view_raised": ("Raised", "已升级"),
    "queue_search": ("Id of a case, withdrawal, merchant or customer", "案件、提币单、商家或客户编号"),
    "escalate": ("Raise it", "升级"),
    "escalate_hint": (
        "It becomes more urgent and nobody's, for somebody with more say to take. The reason stays in the file.",
        "案件将提高优先级并退回未分配，由更高级别人员领取。理由将留存于案卷。",
    ),
    "case_moved": ("Something new happened since this page was opened.", "本页打开后，案件有新的进展。"),
    "look_again": ("Show it; what you typed stays", "查看最新内容（已填写内容会保留）"),
    "alike_warn": ("This address looks like another one", "地址高度相似"),
    "alike_asked": ("Asked for", "申请提至"),
    "alike_known": ("Known", "已知地址"),
    "alike_short": ("look-alike", "高度相似"),
    "mailed": ("Mailed to", "邮件发送至"),
    "came_in": ("Came in", "近期充值"),
    "kind": ("Kind", "类型"),
    "kind_any": ("every kind", "全部类型"),
    "about": ("About", "对象"),
    "assignee": ("Looked at by", "处理人"),
    "late": ("late", "超时"),
    "raised": ("raised", "升级"),
    "keys_walk": ("walk the list", "上下移动"),
    "keys_open": ("open", "打开"),
    "keys_search": ("search", "搜索"),
    "take": ("Take it", "领取"),
    "ask_customer": ("Ask the customer", "请客户补充资料"),
    "ask_hint": (
        "The withdrawal waits for the answer; without one in time it ends and the money is free again.",
        "提币将等待客户答复；逾期未答复则自动终止，资金解除冻结。",
    ),
    "question": ("Question, as the customer reads it", "向客户提出的问题"),
    "deadline_hours": ("Hours to answer", "答复时限（小时）"),
    "asked_customer": ("Asked of the customer", "已询问客户"),
    "no_answer_yet": ("No answer yet.", "尚未答复。"),
    "add_note": ("Add to the file", "添加调查记录"),
    "note": ("What was found out", "调查发现"),
    "note_hint": ("Stays in the file for good, with your name.", "将连同您的姓名永久留存于案卷。"),
    "evidence": ("Evidence", "证据"),
    "snooze": ("Let it sleep", "暂缓"),
    "snooze_hint": ("Nobody is alarmed about it meanwhile.", "暂缓期间不会触发超时提醒。"),
    "hours": ("Hours", "小时"),
    "sleeps_until": ("Sleeps until", "暂缓至"),
    "you_answered": ("You have answered; another person must.", "您已给出意见，需由他人继续审核。"),
    "bundle": ("Evidence file", "证据文件"),
    "rules_fired": ("Analysts' rules that fired", "命中的分析规则"),
    "facts": ("Facts the decision saw", "决策所依据的事实"),
    "facts_hint": ("frozen at the decision", "决策时点快照"),
    "facts_show": ("Show every fact", "查看全部事实"),
    "fact": ("Fact", "事实"),
    "value": ("Value", "取值"),
    "unknown": ("unknown", "未知"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "money": ("Money of this asset", "该币种资金"),
    "balance": ("Balance", "余额"),
    "held_for": ("Held:", "冻结："),
    "free": ("Free", "可用"),
    "others": ("Other withdrawals of the customer", "该客户的其他提币"),
    "others_none": ("This is the first.", "这是首次提币。"),
    "same_address": ("Others to this address", "同一地址的其他提币"),
    "same_none": ("Nobody else was paid there.", "没有其他提币使用过该地址。"),
    "alike": ("How alike cases ended", "同类案件的处理结果"),
    "views": ("Saved views", "已存视图"),
    "view_name": ("Name of this view", "视图名称"),
    "view_keep": ("Save", "保存"),
    "view_drop": ("Forget", "删除"),
}

DONE: dict[str, tuple[str, str]] = {
    "raised_up": ("It is raised.", "已升级。"),
    "taken": ("It is yours.", "已领取。"),
    "noted": ("Added to the file.", "已记录到案卷。"),
    "asked": ("The customer is asked.", "已向客户发出询问。"),
    "snoozed": ("It sleeps.", "已暂缓。"),
    "view_kept": ("The view is saved.", "视图已保存。"),
    "view_dropped": ("The view is gone.", "视图已删除。"),
}

CODES: dict[str, tuple[str, str]] = {
    "stage.request": ("when it was asked for", "提交申请时"),
    "stage.confirm": ("when it was confirmed", "客户确认时"),
    "stage.release": ("when its delay was over", "延迟期满时"),
    "stage.person": ("when a person had answered", "人工审核后"),
    "stage.pay": ("before it was paid", "付款前"),
    "stage.outside": ("when another system had answered", "外部系统答复后"),
    "stage.decide": ("asked for alone", "单独决策"),
    "measured.hours": ("hours", "小时"),
    "measured.percent": ("%", "%"),
    "measured.units": ("units", "最小单位"),
    "seen_market.calm": ("calm", "平稳"),
    "seen_market.nervous": ("nervous", "波动"),
    "seen_market.stormy": ("stormy", "剧烈波动"),
    "seen_party_kind.customer": ("customer", "客户"),
    "seen_party_kind.merchant": ("merchant", "商家"),
    **{
        f"seen_restriction_kinds.{code[12:]}": words
        for code, words in compliance.CODES.items()
        if code.startswith("restriction.")
    },
    "seen_on_list_categories.sanctions": ("sanctions", "制裁"),
    "seen_on_list_categories.scam": ("scam", "诈骗"),
    "seen_on_list_categories.blocklist": ("blocklist", "风险地址"),
    "seen_on_list_categories.exchange": ("exchange", "交易平台"),
    "seen_on_list_categories.mixer": ("mixer", "混币器"),
    "seen_ownership.unknown": ("the customer does not say", "未声明"),
    "seen_ownership.self_hosted": ("self-hosted", "自托管"),
    "seen_ownership.vasp": ("a provider's", "服务商托管"),
}
"""When a decision was made, and what its facts are measured in and say."""

CASE_KINDS: dict[str, tuple[str, str]] = {
    "withdrawal_review": ("Withdrawal review", "提币审核"),
    "withdrawal_appeal": ("Appeal", "申诉"),
    "seizure": ("Lawful order", "司法命令"),
    "books": ("Books", "账务核对"),
    "merchant_exit": ("Merchant leaves", "商家退出"),
    "bond_deduction": ("Bond deduction", "扣除保证资产"),
    "bond_cover": ("Bond is short", "保证资产不足"),
    "bond_delisting": ("Bond in a delisted asset", "下架币种的保证资产"),
    "webhook": ("Webhook switched off", "Webhook 停用"),
    "p2p_dispute": ("Dispute of an order", "订单申诉"),
    "travel_rule": ("Travel-rule message", "旅行规则报文"),
}

MODES: dict[str, tuple[str, str]] = {
    "live": ("live", "生效"),
    "shadow": ("shadow", "试运行"),
    "off": ("off", "停用"),
}

PURPOSES: dict[str, tuple[str, str]] = {
    "withdrawal": ("withdrawals", "提币"),
    "bond": ("bond", "保证资产"),
    "escrow": ("escrow", "交易托管"),
    "retention": ("retention", "T+N 限提"),
    "legal": ("lawful order", "司法冻结"),
}
