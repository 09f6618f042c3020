"""Every word of the pages in English and Chinese. Findings and letters take theirs from `notifications.templates`."""

from __future__ import annotations

from tidegate.console.words import (
    admin,
    clauses,
    compliance,
    conduct,
    customers,
    days,
    desk,
    fields,
    journal,
    kinds,
    market,
    me,
    merchants,
    papers,
    portal,
    reasons,
    refused,
    refused_calls,
    refused_rating,
    refused_staff,
    review,
    rules,
    status,
    treasury,
)
from tidegate.notifications import details, letters, read_back

KINDS = kinds.KINDS

LANGUAGES = ("en", "zh")

Words = dict[str, tuple[str, str]]
"""Name -> English, Chinese."""

_COMMON: Words = {
    "title": ("Tidegate console", "Tidegate 控制台"),
    "sign_in": ("Sign in", "登录"),
    "sign_in_hint": (
        "Use the key of your role. Keys of machines and customers do not open the console.",
        "请使用您角色的密钥登录。系统集成密钥和客户密钥不能登录控制台。",
    ),
    "key": ("Key", "密钥"),
    "sign_in_by_key": ("Sign in with a key", "使用密钥登录"),
    "sign_in_link_hint": (
        "This link lets you in once, for whom it was made.",
        "此链接仅可使用一次，登录后即为该链接对应人员的身份。",
    ),
    "prove": ("Show once more that it is you", "请再次验证身份"),
    "prove_hint": (
        "What you are about to do loosens something or cannot be undone. You are asked again five minutes after you "
        "last showed who you are. What you typed is kept.",
        "您即将执行的操作会放宽限制或无法撤销。距上次验证超过五分钟，需再次验证身份。您已填写的内容会保留。",
    ),
    "prove_again": (
        "A file cannot be kept: you will be led back to choose it again.",
        "文件无法保留：验证后将返回原页面，请重新选择文件。",
    ),
    "prove_go": ("Go on", "继续"),
    "sign_out": ("Sign out", "退出登录"),
    "withdrawals": ("Withdrawals", "提币"),
    "withdrawal": ("Withdrawal", "提币单"),
    "status": ("Status", "状态"),
    "any": ("any", "全部"),
    "customer": ("Customer", "客户"),
    "filter": ("Filter", "筛选"),
    "amount": ("Amount", "金额"),
    "fee": ("Fee", "手续费"),
    "net_amount": ("Arrives", "到账金额"),
    "address": ("Address", "地址"),
    "asked_at": ("Asked at", "申请时间"),
    "changed_at": ("Changed at", "变更时间"),
    "waits_for": ("Waits for", "等待原因"),
    "older": ("Older", "更早"),
    "newest": ("Newest", "最新"),
    "none_found": ("No withdrawal matches.", "没有符合条件的提币单。"),
    "decision": ("Decision", "决策"),
    "outcome": ("Outcome", "结果"),
    "finding": ("Finding", "发现"),
    "clause": ("Clause", "条款"),
    "detail": ("Detail", "详情"),
    "policy": ("Policy version", "策略版本"),
    "no_findings": ("Nothing was found against it.", "未发现问题。"),
    "hold": ("What the customer is told", "告知客户的内容"),
    "until": ("until", "截至"),
    "payment": ("Payment", "付款"),
    "no_payment": ("No payment has been ordered.", "尚未下达付款指令。"),
    "transaction": ("Transaction", "交易哈希"),
    "confirmations": ("Confirmations", "确认数"),
    "timeline": ("Timeline", "时间线"),
    "timeline_empty": ("The journal says nothing about it.", "暂无日志记录。"),
    "who": ("Who", "操作者"),
    "what": ("What", "事件"),
    "when": ("When (UTC)", "时间（UTC）"),
    "case": ("Question for a person", "人工审核"),
    "reasons": ("Reasons", "原因"),
    "quorum": ("Approvals needed", "所需批准数"),
    "due": ("Due", "期限"),
    "your_answer": ("Your answer", "您的意见"),
    "reason": ("Reason, for the record", "理由（留存记录）"),
    "approve": ("Approve", "批准"),
    "decline": ("Decline", "拒绝"),
    "answered_by": ("Answered", "已有意见"),
    "may_not_answer": ("Your role may look, but not answer.", "您的角色只能查看，不能审批。"),
    "refused": ("Refused", "操作被拒绝"),
    "back": ("Back", "返回"),
    "signed_in_as": ("Signed in as", "当前用户"),
    "level": ("Identity level", "身份等级"),
    "country": ("Country", "国家/地区"),
    "memo": ("Memo", "备注"),
    "network": ("Network", "网络"),
    "name": ("Name", "姓名"),
    "id": ("Id", "编号"),
    "skip": ("To the page itself", "跳到正文"),
    "places": ("Places", "导航"),
    "menu": ("Menu", "菜单"),
    "section_work": ("Work", "工作台"),
    "section_rules": ("Rules", "规则与行情"),
    "connection_lost": ("Not connected: what you see may be old", "连接中断：当前内容可能已过时"),
    "worker_late": ("The worker is silent: nothing moves on until it is back", "后台任务无响应：恢复前所有流程暂停"),
    "theme_light": ("Light theme", "浅色主题"),
    "theme_dark": ("Dark theme", "深色主题"),
    "copy": ("Copy", "复制"),
    "copied": ("Copied", "已复制"),
    "not_now": ("Not now", "暂不"),
    "print": ("Print", "打印"),
    "under_way": ("Under way…", "处理中…"),
}


def _together(*areas: Words) -> Words:
    """The words of all areas; two areas that use one name would overwrite each other, so that is a fault."""
    merged: Words = {}
    for area in areas:
        twice = merged.keys() & area.keys()
        if twice:
            raise ValueError(f"two areas of the console say {', '.join(sorted(twice))}; give one a name of its own")
        merged |= area
    return merged


_STAFF = (treasury, compliance, customers, admin, journal, merchants, status, desk, papers, portal, me)

WORDS = _together(_COMMON, review.WORDS, rules.WORDS, market.WORDS, *(area.WORDS for area in _STAFF))
"""Every word of every page."""

DONE = _together(
    {"answered": ("Your answer is recorded.", "您的意见已记录。")},
    review.DONE,
    rules.DONE,
    *(area.DONE for area in _STAFF),
)
"""What a page says after a form was carried out."""

_REFUSING = (desk, portal, me, refused, refused_staff, refused_rating, refused_calls)

REFUSED = _together(*(area.REFUSED for area in _REFUSING))
"""What people read when something is refused, by its code."""

CODES = _together(conduct.CODES, fields.CODES, market.CODES, review.CODES, *(area.CODES for area in _STAFF))
"""Words for codes of ours, "<kind>.<code>": what a payment waits for, what a wallet is."""

ROLES: dict[str, tuple[str, str]] = {
    "analyst": ("analyst", "风控分析员"),
    "compliance": ("compliance", "合规"),
    "treasury": ("treasury", "资金"),
    "support": ("support", "客服"),
    "auditor": ("auditor", "审计"),
    "admin": ("administrator", "管理员"),
}

PAYOUTS: dict[str, tuple[str, str]] = {
    "queued": ("queued", "排队中"),
    "paying": ("being paid", "付款中"),
    "paid": ("paid", "已付款"),
    "failed": ("failed", "失败"),
    "returned": ("returned", "已退回"),
}

STATUSES: dict[str, tuple[str, str]] = {
    "awaiting_confirmation": ("awaiting confirmation", "待确认"),
    "screening": ("screening", "筛查中"),
    "awaiting_information": ("awaiting information", "待补充资料"),
    "delayed": ("delayed", "延迟中"),
    "in_review": ("in review", "人工审核中"),
    "approved": ("approved", "已批准"),
    "paying": ("paying", "付款中"),
    "settled": ("settled", "已完成"),
    "returned": ("returned", "已退回"),
    "declined": ("declined", "已拒绝"),
    "cancelled": ("cancelled", "已取消"),
    "expired": ("expired", "已过期"),
    "seized": ("seized", "已扣押"),
}

OUTCOMES: dict[str, tuple[str, str]] = {
    "allow": ("allow", "放行"),
    "step_up": ("step up", "加强验证"),
    "delay": ("delay", "延迟"),
    "review": ("review", "人工审核"),
    "decline": ("decline", "拒绝"),
    "freeze": ("freeze", "冻结"),
}


CASES: dict[str, tuple[str, str]] = {
    "open": ("open", "待处理"),
    "approved": ("approved", "已批准"),
    "declined": ("declined", "已拒绝"),
    "moot": ("no longer needed", "无需处理"),
}


UNITS = ((86400, ("d", "天")), (3600, ("h", "小时")), (60, ("min", "分钟")), (1, ("s", "秒")))
"""Seconds of a unit of time, and its word."""

LINKS: dict[str, tuple[str, str]] = {
    "confirm_title": ("Confirm your withdrawal", "确认提币"),
    "confirm_hint": (
        "Compare every line with what you wanted. Coins that were sent cannot be taken back.",
        "请逐项核对以下内容。链上转账一经发送无法撤回。",
    ),
    "confirm_button": ("Yes, this is what I want to send", "核对无误，确认提币"),
    "counts_until": ("This link counts until", "链接有效期至"),
    "not_you": ("This was not you?", "非本人操作？"),
    "not_you_hint": (
        "Then somebody else may be in your account. Do not confirm, but freeze it at once:",
        "您的账户可能已被他人使用。请勿确认，并立即冻结账户：",
    ),
    "freeze_title": ("Freeze my account", "冻结我的账户"),
    "freeze_hint": (
        "Nothing leaves your account any more: no withdrawal starts, and those that wait are not sent.",
        "冻结后，您的账户不会转出任何资产：无法发起提币，等待中的提币也不会发送。",
    ),
    "unfreeze_hint": (
        "To lift it, support identifies you again. After that it still takes a while, so that you can cancel what is "
        "not yours.",
        "解除冻结需由客服重新核实您的身份。核实后仍需等待一段时间，以便您取消非本人操作的提币。",
    ),
    "freeze_button": ("Freeze my account now", "立即冻结账户"),
    "frozen": ("Your account is frozen. Nothing leaves it.", "您的账户已冻结，不会转出任何资产。"),
    "link_used": ("You have confirmed this withdrawal.", "您已确认本次提币。"),
    "link_expired": ("This link does not count any more.", "链接已失效。"),
    "link_unknown": (
        "This link is not one of ours. Copy it whole from the mail.",
        "链接无效，请从邮件中完整复制链接。",
    ),
    "withdrawal_not_confirmable": ("There is nothing to confirm any more.", "本次提币已无需确认。"),
    "withdrawals_blocked": ("Withdrawals from your account are stopped.", "您的账户提币已停止。"),
    "confirmation_expired": ("The time to confirm is over.", "确认时间已过。"),
    "link_refused": ("This cannot be done just now. Please write to support.", "暂时无法处理，请联系客服。"),
}
"""The pages behind the links of mails, and why one of them does nothing, by the code of the refusal."""


class Say:
    """The words of one language, for a template."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._place = LANGUAGES.index(language)

    def __call__(self, name: str) -> str:
        return WORDS[name][self._place]

    def status(self, name: str) -> str:
        return STATUSES[name][self._place]

    def done(self, name: str) -> str:
        """What was done; nothing for a word that somebody made up in the address."""
        return DONE[name][self._place] if name in DONE else ""

    def role(self, name: str) -> str:
        return ROLES[name][self._place]

    def any_role(self, name: str) -> str:
        """A role of people, machines or customers."""
        return ROLES[name][self._place] if name in ROLES else self.code("role", name)

    def payout(self, name: str) -> str:
        return PAYOUTS[name][self._place]

    def kind(self, name: str) -> str:
        """A kind of journal entry: its words where it has some, else its code."""
        return KINDS[name][self._place] if name in KINDS else self.code("kind", name)

    def case_kind(self, name: str) -> str:
        return review.CASE_KINDS[name][self._place]

    def mode(self, name: str) -> str:
        return review.MODES[name][self._place]

    def hold_purpose(self, name: str) -> str:
        return review.PURPOSES[name][self._place]

    def case(self, name: str) -> str:
        return CASES[name][self._place]

    def link(self, name: str) -> str:
        return LINKS[name][self._place]

    def field(self, name: str) -> str:
        return letters.said(letters.FIELDS[name], self.language)

    def code(self, kind: str, name: str) -> str:
        """The words of a code; the code itself where nobody has given it any."""
        return self.named(kind, name) or name

    def named(self, kind: str, name: str) -> str | None:
        """The words of a code, where it has some."""
        found = CODES.get(f"{kind}.{name}")
        return None if found is None else found[self._place]

    def clause(self, name: str) -> str:
        """A clause of a rulebook."""
        return name if self.language == "en" else clauses.chinese(name)

    def detail(self, code: str, said: str) -> str | None:
        """What a check saw; None where those are another's own words, which nobody translates."""
        return said if self.language == "en" else details.detail(code, said)

    def day(self, said: str) -> str | None:
        """What a day of a calendar is called; None where a person typed it, and in English, in which it is kept."""
        return None if self.language == "en" else read_back.chinese(days.DAYS, said, days.READ)

    def reason(self, said: str) -> str | None:
        """A reason that the house wrote down; None where a person wrote it, and in English, in which it is kept."""
        return None if self.language == "en" else read_back.chinese(reasons.REASONS, said, reasons.READ)

    def value(self, name: str, value: object) -> object:
        """A value of the journal: a state or an outcome in words, what has none as it stands there."""
        if isinstance(value, list):
            return [self.value(name, one) for one in value]
        words = {"outcome": OUTCOMES, "from": STATUSES}.get(name, {})
        if isinstance(value, str) and name in ("factor", "factors"):
            return self.code("factor", value)
        return words[value][self._place] if isinstance(value, str) and value in words else value

    def refused(self, code: str, message: str) -> str:
        """Why something is refused, in the words of a merchant; the message itself where nobody has given it any."""
        return REFUSED[code][self._place] if code in REFUSED else message

    def refuses(self, code: str) -> bool:
        """Whether a refusal has words of its own."""
        return code in REFUSED

    def outcome(self, name: str) -> str:
        return OUTCOMES[name][self._place]

    def span(self, seconds: int) -> str:
        """A length of time: "40 s", "7 min 30 s", "3 h 10 min", "2 d 4 h"; beyond its second unit rounded down."""
        large = next(place for place, (unit, _) in enumerate(UNITS) if seconds >= 2 * unit or unit == 1)
        left, told = seconds, list[str]()
        for unit, words in UNITS[large : large + 2]:
            count, left = divmod(left, unit)
            if count or not told:
                told.append(f"{count} {words[self._place]}")
        return " ".join(told)

    def pick(self, said: dict[str, str]) -> str:
        """One of a text's languages."""
        return said[self.language]


def best(accepted: str) -> str:
    """The language of a browser that says what it accepts; English where it says nothing of ours."""
    for part in accepted.lower().split(","):
        language = part.split(";")[0].strip()[:2]
        if language in LANGUAGES:
            return language
    return "en"
