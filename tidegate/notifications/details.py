"""What analysts read of a finding, in Chinese: a decision keeps each detail as one English sentence.

A sentence that was ever written stays here after its check says something else.
"""

from __future__ import annotations

import re

from tidegate.notifications.read_back import Read, Sentences, by, chinese

_LISTED = "位于名单 {list}，条目 {entry}（{category}），自 {since} 起。"
_WARNED = "位于名单 {list}，条目 {entry}（{category}），自 {since} 起；风险提示：{warning}。"
_ON_LIST = (
    ("On list {list} as {entry} ({category}) since {since}; its warning is {warning}.", _WARNED),
    ("On list {list} as {entry} ({category}) since {since}.", _LISTED),
)
_ANSWERS = (
    (
        "{check} gave no answer ({state}: {fault}); by policy {policy} until {until}.",
        "{check} 未给出结果（{state}：{fault}）；按策略{policy}，至 {until}。",
    ),
    (
        "{check} gave no answer ({state}); by policy {policy} until {until}.",
        "{check} 未给出结果（{state}）；按策略{policy}，至 {until}。",
    ),
    ("{check} gave no answer ({state}: {fault}).", "{check} 未给出结果（{state}：{fault}）。"),
    ("{check} gave no answer ({state}).", "{check} 未给出结果（{state}）。"),
)

DETAILS: dict[str, Sentences] = {
    "country_banned": (
        ("{country} is banned by this policy.", "{country} 为本策略禁止的国家或地区。"),
        ("Banned: {places}.", "禁止：{places}。"),
    ),
    "country_restricted": (
        ("{country} is restricted.", "{country} 为受限国家或地区。"),
        ("Restricted: {places}.", "受限：{places}。"),
    ),
    "funds_short": (
        ("{units} units asked, {available} available.", "申请 {units} 最小单位，可用 {available} 最小单位。"),
    ),
    "over_limit_24h": (
        (
            "{used} used in 24 hours and {value} asked pass the limit of {limit}.",
            "24 小时内已用 {used}，加上本次申请的 {value}，超过限额 {limit}。",
        ),
    ),
    "over_limit": (
        (
            "{used} used by this {scope} in {hours} hours and {value} asked pass {limit}.",
            "{scope}在 {hours} 小时内已用 {used}，加上本次申请的 {value}，超过限额 {limit}。",
        ),
        (
            "{used} used by this {scope} in a lifetime and {value} asked pass {limit}.",
            "{scope}累计已用 {used}，加上本次申请的 {value}，超过限额 {limit}。",
        ),
    ),
    "over_transaction_limit": (
        (
            "{value} asked at once pass the limit of {limit} for {asset}.",
            "单笔申请 {value}，超过 {asset} 的单笔限额 {limit}。",
        ),
    ),
    "large_amount": (("{value} reaches the review line of {line}.", "{value} 达到人工审核门槛 {line}。"),),
    "address_sanctioned": _ON_LIST,
    "address_warned": _ON_LIST,
    "address_tagged": _ON_LIST,
    "address_listed": _ON_LIST,
    "address_look_alike": (
        (
            "{lead} characters at the beginning and {tail} at the end agree with {known} ({whose}).",
            "前 {lead} 位和后 {tail} 位字符与 {known}（{whose}）相同。",
        ),
    ),
    "address_internal": (("A deposit address of this platform.", "本平台的充值地址。"),),
    "address_ours_elsewhere": (
        ("Ours on another network; nobody watches it here.", "本平台在其他网络的地址，在本网络上无人监测。"),
    ),
    "address_not_in_book": (("The allow-list is on and does not hold it.", "已开启白名单提币，该地址不在地址簿中。"),),
    "address_entry_new": (("In the book, and usable from {since}.", "已在地址簿中，自 {since} 起可用。"),),
    "address_new": (
        (
            "First named at {since}; {hours} hours must pass for {value}.",
            "首次使用时间 {since}；金额 {value} 须等待 {hours} 小时。",
        ),
    ),
    "list_stale": (("List {list} is older than it may be.", "名单 {list} 已超过有效期。"),),
    "credentials_changed": (("{event} at {since}; the pause ends {until}.", "{since} {event}；暂停提币至 {until}。"),),
    "step_up_required": (
        ("A restriction asks for step-up.", "限制措施要求加强验证。"),
        (
            "Beside the delay of {check} a stronger factor is asked for.",
            "除因 {check} 延迟外，还须使用更高级别的验证方式。",
        ),
    ),
    "withdrawals_delayed": (("A restriction delays every withdrawal by {span}.", "限制措施将每笔提币延迟 {span}。"),),
    "new_device": (
        (
            "A device logged in for the first time at {since}; it is new until {until}.",
            "设备于 {since} 首次登录，{until} 前视为新设备。",
        ),
    ),
    "new_network": (
        (
            "Network and country of a login were never seen before {since}; they are new until {until}.",
            "登录的网络与国家/地区于 {since} 首次出现，{until} 前视为新环境。",
        ),
    ),
    "impossible_travel": (
        (
            "A login in {to} at {since} came {minutes} minutes after one in {from}; {hours} hours are the least.",
            "{since} 在 {to} 登录，距在 {from} 的登录仅 {minutes} 分钟；至少应间隔 {hours} 小时。",
        ),
    ),
    "login_unknown": (
        ("No login is known.", "没有登录记录。"),
        (
            "The login of {since} lacks device, address or country.",
            "{since} 的登录缺少设备、IP 或国家/地区信息。",
        ),
    ),
    "many_withdrawals": (
        (
            "It is number {count} in {hours} hours; {most} are ordinary.",
            "{hours} 小时内的第 {count} 笔；正常不超过 {most} 笔。",
        ),
    ),
    "many_new_addresses": (
        (
            "{count} addresses were first named in 24 hours; {most} are ordinary.",
            "24 小时内首次使用 {count} 个地址；正常不超过 {most} 个。",
        ),
    ),
    "account_drained": (
        (
            "{units} units leave in 24 hours, {percent} % of the {before} that were there before.",
            "24 小时内共转出 {units} 最小单位，为此前余额 {before} 最小单位的 {percent}%。",
        ),
    ),
    "passed_through": (
        (
            "{units} units are asked, {arrived} were credited in {minutes} minutes before.",
            "申请 {units} 最小单位，此前 {minutes} 分钟内入账 {arrived} 最小单位。",
        ),
    ),
    "dormant_account": (
        ("Nothing has left since {since}, and now {value}.", "自 {since} 起没有提币，本次申请 {value}。"),
    ),
    "unusual_amount": (
        (
            "{value} is over {factor} times {own}, their {against} of {count} in 90 days.",
            "{value} 超过 {own} 的 {factor} 倍，后者为 90 天内 {count} 笔提币的{against}。",
        ),
    ),
    "amount_implausible": (
        (
            "{units} units are more than {most}, which is the most against their {against} of {own}.",
            "{units} 最小单位超过上限 {most}，该上限按{against} {own} 计算。",
        ),
    ),
    "hot_balance_unknown": (
        (
            "The hot wallet was never seen; {minutes} minutes are the most.",
            "从未读取到热钱包余额；最长允许 {minutes} 分钟。",
        ),
        (
            "The hot wallet was last seen at {since}; {minutes} minutes are the most.",
            "最近一次读取热钱包余额为 {since}；最长允许 {minutes} 分钟。",
        ),
    ),
    "egress_tripped": (
        (
            "Trip {trip}: {seen} {line} in {minutes} minutes, {allowed} are allowed.",
            "第 {trip} 次熔断：{minutes} 分钟内{line} {seen}，上限 {allowed}。",
        ),
    ),
    "place_delay": (
        (
            "{place} asks for {hours} hours after {event}; they end {until}.",
            "{place} 要求{event}后等待 {hours} 小时，至 {until} 止。",
        ),
    ),
    "place_cap": (
        (
            "{used} used in {hours} hours ({assets}) and {value} asked pass {limit}, which {place} allows.",
            "{hours} 小时内已用 {used}（{assets}），加上本次申请的 {value}，超过 {place} 允许的 {limit}。",
        ),
    ),
    "allow_list_required": (
        (
            "{place} lets coins go only to addresses in the book; this one is not there.",
            "{place} 仅允许提币至地址簿中的地址；该地址不在其中。",
        ),
    ),
    "description_missing": (
        (
            "{place} wants {least} characters; there are {count}.",
            "{place} 要求用途说明至少 {least} 个字符；目前 {count} 个。",
        ),
    ),
    "travel_rule_pending": (
        (
            "{place} asks for travel-rule data ({fields}); missing: {missing}.",
            "{place} 要求旅行规则信息（{fields}）；缺少：{missing}。",
        ),
        (
            "{place} asks for travel-rule data ({fields}) since this was requested; none were exchanged.",
            "本次申请提交后，{place} 开始要求旅行规则信息（{fields}）；尚未交换。",
        ),
    ),
    "ownership_unproven": (
        (
            "{place} asks for proof that the address is the customer's; they say {ownership}.",
            "{place} 要求证明地址归客户所有；客户声明：{ownership}。",
        ),
    ),
    "coins_retained": (
        (
            "{units} units asked, {free} are free of retention lots; the rest is at {until}.",
            "申请 {units} 最小单位，其中 {free} 不受 T+N 锁定；其余部分于 {until} 解锁。",
        ),
    ),
    "address_is_token_contract": (
        (
            "The contract of a token stands there; coins sent to it are lost.",
            "该地址为代币合约，转入的资产将无法取回。",
        ),
    ),
    "outside_flagged": (
        ("The counterparty {reply} it.", "对手方{reply}。"),
        ("The counterparty {reply} it: {words}", "对手方{reply}：{words}"),
        ("{words}; and {count} more", "{words}；另有 {count} 条"),
    ),
    "check_failed": (
        ("The rules in shadow could not be run ({fault}).", "试运行的规则未能执行（{fault}）。"),
        *_ANSWERS,
    ),
    "check_timed_out": _ANSWERS,
    "rule_unknown": (("{rule}: {words} (unknown: {facts})", "规则 {rule}：{words}（未知的事实：{facts}）"),),
    "analyst_rule": (("{rule}: {words}", "规则 {rule}：{words}"),),
}
"""Finding's code -> each sentence that its check writes or ever wrote."""

_CREDENTIALS = {
    "password_changed": "修改登录密码",
    "mfa_changed": "更换二次验证方式",
    "email_changed": "修改邮箱",
    "phone_changed": "修改手机号",
}
_MONEY_IN = {
    "first_deposit": "首次充值",
    "each_deposit": "每次充值",
    "each_coin_deposit": "每次充币",
    "each_purchase": "每次买入",
    "first_withdrawal": "首次提币",
}
_WORDS: dict[str, dict[str, str]] = {
    "check": {
        "new_device": "新设备登录",
        "new_network": "新网络环境登录",
        "impossible_travel": "异地快速登录",
        "travel_rule": "旅行规则",
        "destination_code": "收款地址合约检查",
        "names": "姓名筛查",
        "names_later": "收款人姓名筛查",
    },
    "scope": {
        "party": "该客户",
        "address": "该地址",
        "key": "该密钥",
        "asset": "该币种",
        "network": "该网络",
        "platform": "全平台",
    },
    "category": {
        "sanctions": "制裁",
        "scam": "诈骗",
        "blocklist": "风险地址",
        "exchange": "交易平台",
        "mixer": "混币器",
    },
    "warning": {"shown": "已展示", "acknowledged": "客户已确认阅读", "insisted": "客户坚持提币"},
    "whose": {"customer": "客户已知地址", "deposit": "充值地址", "hot": "热钱包地址"},
    "event": {**_CREDENTIALS, **_MONEY_IN},
    "against": {"largest": "最大值", "median": "中位数", "hot_wallet": "热钱包余额", "supply": "总供应量"},
    "line": {"accounts": "提币账户数", "destinations": "收款地址数", "value": "提币总额（微美元）"},
    "assets": {"any": "全部资产", "stablecoin": "稳定币"},
    "fields": {"basic": "基础", "extended": "完整"},
    "ownership": {"unknown": "不清楚", "self_hosted": "自托管", "nothing": "未声明"},
    "state": {"error": "出错", "timeout": "超时"},
    "policy": {"review": "转人工审核", "decline": "拒绝", "ignore": "忽略"},
    "reply": {"rejected": "拒绝接收", "refused": "拒收报文", "accepted": "已接受"},
}
_MISSING = {
    "counterparty": "收款方服务商",
    "beneficiary.name": "收款人姓名",
    "originator.address": "汇款人地址",
    "originator.place_of_birth": "汇款人出生地",
}
_SPAN = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)")


def _places(said: str) -> str:
    """As in "KP by this policy, NP since 2020-01-01"."""
    parts = (part.replace(" by this policy", "（本策略）") for part in said.split(", "))
    return "、".join(re.sub(r"(\S+) since (\S+)", r"\1（自 \2）", part) for part in parts)


def _missing(said: str) -> str:
    return "、".join(_MISSING.get(name, name) for name in said.split(", "))


def _span(said: str) -> str:
    """As in "2 days, 0:00:00"."""
    found = _SPAN.fullmatch(said)
    if found is None:
        return said
    counted = zip(found.groups(), ("天", "小时", "分钟", "秒"), strict=True)
    return " ".join(f"{int(count)} {unit}" for count, unit in counted if count and int(count)) or "0 秒"


def _time(said: str) -> str:
    """As in "2026-11-24T12:00:00Z"."""
    return said.replace("T", " ").replace("Z", " UTC")


_READ: Read = {
    **{name: by(words) for name, words in _WORDS.items()},
    "places": _places,
    "missing": _missing,
    "span": _span,
    "since": _time,
    "until": _time,
}


def detail(code: str, said: str) -> str | None:
    """The Chinese of a finding's sentence; None where nobody of ours wrote it: an outside check's own words."""
    return chinese(DETAILS.get(code, ()), said, _READ)
