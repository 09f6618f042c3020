"""What a decision sees: one frozen value, and the catalogue of facts that analysts' rules may name.

The facts are gathered once, under lock, for a whole batch (`flow/gathering`). A decision keeps them as canonical text,
so a field that is added later needs a default that means "nobody had looked": then what was decided before it existed
is still judged to the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from tidegate.base.findings import Outcome
from tidegate.withdrawals.habits import NOTHING, Asking, Behaviour

FACTS_VERSION = 2
"""Of the facts' shape. 1 = before windows, outside answers and the catalogue; its texts name no version."""


@dataclass(frozen=True, slots=True)
class Restricted:
    """A restriction in force on the party."""

    kind: str
    until: datetime | None
    value: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Hit:
    """The destination stands on a list."""

    list: str
    entry: str
    category: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Use:
    """What others reserved or consumed in one window: micro-USD, the withdrawal under review not counted."""

    scope: str  # "party", "address", "key", "asset", "network", "platform"
    hours: int | None  # None = lifetime
    used: int


@dataclass(frozen=True, slots=True)
class Resembles:
    """The destination could be taken for an address that the party knows."""

    address: str
    whose: str  # "customer", "deposit", "hot"
    lead: int  # characters that agree at the beginning
    tail: int  # and at the end


class State(StrEnum):
    """How far a check has come with its answer."""

    ANSWERED = "answered"
    ERROR = "error"  # it failed: what it would have said is unknown
    TIMEOUT = "timeout"  # it did not answer in time
    PENDING = "pending"  # it is still being asked
    SKIPPED = "skipped"  # it does not apply here


@dataclass(frozen=True, slots=True)
class OutsideAnswer:
    """What a check outside this house said. `outcome` is what it asks for; None until it has answered."""

    check: str  # "vendor_a", "travel_rule"
    state: State
    outcome: Outcome | None = None
    detail: str = ""
    ends_at: datetime | None = None  # of a delay


TRAVEL_RULE = "travel_rule"
"""The outside check whose answer is the counterparty's."""

DESTINATION_CODE = "destination_code"
"""The outside check that the network's own node answers: whether a token's contract stands at the destination."""

NAMES = "names"
"""The outside check that a service of names answers, as a policy names it in `outside_checks`."""

NAMES_LATER = "names_later"
"""The same question about a receiver who was named when `NAMES` had been answered already."""


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """What the rules of places look at; gathered where the policy describes places."""

    counterparty: str | None  # country of the provider that keeps the address; None = unknown
    happened: tuple[tuple[str, datetime], ...]  # when each event took place that a delay begins with
    exempt: tuple[str, ...]  # places whose delays do not hold this customer
    used: tuple[Use, ...]  # scope is a class of assets ("any", "stablecoin"): what else left in the window
    booked: bool  # the address is in the customer's book
    description: str  # what the transfer is for, in the customer's words; "" = they gave none
    proved_at: datetime | None  # when the customer proved that the address is theirs
    lacks_basic: tuple[str, ...]  # travel-rule data that only the customer can give, for each set of fields
    lacks_extended: tuple[str, ...]

    def used_by(self, assets: str, hours: int) -> int:
        """What a window of a class holds. Raises LookupError where nobody looked."""
        for use in self.used:
            if (use.scope, use.hours) == (assets, hours):
                return use.used
        raise LookupError(f"no count of {assets} over {hours} hours")


@dataclass(frozen=True, slots=True)
class Bound:
    """What retention lots leave free: coins that were bought from other customers stay for a while (p2p/lots)."""

    free_units: int  # of the asset that is asked for
    free_at: datetime | None  # when as much as is asked for may leave; None = it may now


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision sees, gathered once under lock. `now` is a fact like any other."""

    now: datetime
    party_id: str
    country: str
    level: int | None
    asset: str  # "USDT@evm-local"
    address: str
    units: int
    fee_units: int
    value: int  # micro-USD, frozen at the request
    available_units: int | None  # what the party could spend, its own hold counting as available to itself;
    #                              None = the platform keeps its own ledger and only asks for a decision
    used_24h: int  # micro-USD in the party's last 24 hours, this withdrawal not counted
    address_saved_at: datetime  # when this party first named the address
    restrictions: tuple[Restricted, ...]
    changed: tuple[tuple[str, datetime], ...]  # newest change per credential: ("password_changed", at)
    hits: tuple[Hit, ...]
    stale_lists: tuple[str, ...]  # required lists older than they may be
    cleared: tuple[str, ...]  # what a person has looked at and let pass (`review.clearance`)
    requested_at: datetime
    # Since version 2. The defaults are what version 1 knew: nothing.
    facts_version: int = 1
    windows: tuple[Use, ...] = ()  # every other window that was looked at
    count_24h: int | None = None  # the party's other withdrawals that hold or used room in 24 hours
    count_ever: int | None = None
    reserved_at: datetime | None = None  # when this withdrawal's room was taken; None = it asks for room now
    market_percent: int = 100  # how much of a limit the asset's market leaves (section 5)
    address_paid_at: datetime | None = None  # first payment of this party that arrived there
    ownership: str | None = None  # what the party says of the address: "unknown", "self_hosted", "vasp"
    memo: str | None = None
    party_kind: str | None = None  # "customer", "merchant"
    party_since: datetime | None = None
    required: tuple[str, ...] = ()  # outside checks that this decision was pinned to
    outside: tuple[OutsideAnswer, ...] = ()
    market: str | None = None  # the asset's regime: "calm", "nervous", "stormy"
    market_reason: str | None = None
    resembles: Resembles | None = None
    own: str | None = None  # whose address of ours it is: "deposit", "hot", "elsewhere"; "" = not ours
    allow_list: bool | None = None  # whether only addresses of the party's own book may be paid
    usable_at: datetime | None = None  # from when the allow-list lets this one be paid; None = it is not in the book
    warnings: tuple[tuple[str, str], ...] = ()  # (list, how far its warning has come: "shown", "acknowledged", …)
    place: PlaceFacts | None = None  # None = the policy described no places
    behaviour: Behaviour = NOTHING  # logins, the customer's past, the platform's haste
    bound: Bound | None = None  # None = no coins of the party are bound

    def used(self, scope: str, hours: int | None) -> int:
        """What a window holds. Raises LookupError where nobody looked: a limit without a count is never "unused"."""
        if (scope, hours) == ("party", 24):
            return self.used_24h
        for use in self.windows:
            if (use.scope, use.hours) == (scope, hours):
                return use.used
        raise LookupError(f"no count of {scope} over {hours} hours")

    def sent(self, hours: int | None) -> int | None:
        """What the party's window holds, None where nobody looked."""
        try:
            return self.used("party", hours)
        except LookupError:
            return None


class FactType(StrEnum):
    """What a fact is made of, in Python: int, int, int, int, bool, str, frozenset of str."""

    MONEY_USD = "money_usd"  # whole micro-USD
    UNITS = "units"  # whole units of the asset
    COUNT = "count"
    HOURS = "hours"  # whole hours, rounded down
    BOOL = "bool"
    TEXT = "text"
    TEXTS = "texts"  # a set


Seen = int | bool | str | frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as analysts write it. `read` sees only Facts; None means that it is not known."""

    name: str
    type: FactType
    unit: str  # "" where there is none
    clause: str  # of the rulebook
    en: str
    zh: str
    read: Callable[[Facts], Seen]


def _hours_since(at: datetime | None, now: datetime) -> int | None:
    """Whole hours; an event that a skewed clock puts into the future has just happened."""
    return None if at is None else max(0, int((now - at).total_seconds() // 3600))


def _since_change(event: str) -> Callable[[Facts], Seen]:
    return lambda f: _hours_since(dict(f.changed).get(event), f.now)


def _since_seen(what: str) -> Callable[[Facts], Seen]:
    """Whole hours since something that the logins say."""
    return lambda f: None if f.behaviour.sessions is None else _hours_since(getattr(f.behaviour.sessions, what), f.now)


def _of_asking(read: Callable[[Facts, Asking], Seen]) -> Callable[[Facts], Seen]:
    """What the request says against the customer's past, where somebody looked."""
    return lambda f: None if f.behaviour.asking is None else read(f, f.behaviour.asking)


def _drain(f: Facts, asking: Asking) -> int | None:
    before = asking.balance_24h_units
    return (f.units + asking.left_24h_units) * 100 // before if before else None


def _ever_changed(event: str) -> Callable[[Facts], Seen]:
    return lambda f: any(what == event for what, _ in f.changed)


def _part(asset: str, place: int) -> str:
    return asset.split("@")[place]


_T = FactType

CATALOGUE: tuple[Fact, ...] = (
    Fact("amount_usd", _T.MONEY_USD, "USD", "W4 limits", "value asked for, frozen at the request",
         "申请金额（按申请时价格折算）", lambda f: f.value),
    Fact("amount_units", _T.UNITS, "units", "W4 funds", "amount asked for, the fee inside", "申请数量（含手续费）",
         lambda f: f.units),
    Fact("fee_units", _T.UNITS, "units", "W4 funds", "fee inside the amount", "手续费", lambda f: f.fee_units),
    Fact("available_units", _T.UNITS, "units", "W4 funds",
         "what could be spent; unknown where the platform keeps its own ledger",
         "可用余额；平台自管账本时未知", lambda f: f.available_units),
    Fact("level", _T.COUNT, "0-3", "W4 identity", "identity level", "身份等级", lambda f: f.level),
    Fact("country", _T.TEXT, "ISO 3166-1", "W4 jurisdiction", "country of the customer", "客户所在国家或地区",
         lambda f: f.country),
    Fact("party_kind", _T.TEXT, "", "W4 account", "customer or merchant", "主体类型（客户或商家）",
         lambda f: f.party_kind),
    Fact("account_age_hours", _T.HOURS, "hours", "W4 account", "since the customer was taken in", "开户时长",
         lambda f: _hours_since(f.party_since, f.now)),
    Fact("asset", _T.TEXT, "", "W4 limits", 'ticker, like "USDT"', "币种", lambda f: _part(f.asset, 0)),
    Fact("network", _T.TEXT, "", "W4 limits", 'network, like "ethereum"', "网络", lambda f: _part(f.asset, 1)),
    Fact("address", _T.TEXT, "", "W4 address", "destination in its canonical spelling", "收款地址（规范写法）",
         lambda f: f.address),
    Fact("has_memo", _T.BOOL, "", "W4 address", "a memo or tag is given", "是否带有备注或标签",
         lambda f: None if f.memo is None else f.memo != ""),
    Fact("address_age_hours", _T.HOURS, "hours", "W4 new address", "since the customer first named the address",
         "地址首次登记至今的时长", lambda f: _hours_since(f.address_saved_at, f.now)),
    Fact("address_paid_before", _T.BOOL, "", "W4 new address",
         "a withdrawal of this customer has arrived there", "该客户是否曾成功提币到该地址",
         lambda f: None if f.facts_version < 2 else f.address_paid_at is not None),
    Fact("ownership", _T.TEXT, "", "W4 travel rule", "unknown, self_hosted or vasp, as the customer says",
         "地址归属（客户声明）", lambda f: f.ownership),
    Fact("sent_1h_usd", _T.MONEY_USD, "USD", "W4 limits", "reserved or sent in 1 hour, this one not counted",
         "近 1 小时已用额度（不含本次）", lambda f: f.sent(1)),
    Fact("sent_24h_usd", _T.MONEY_USD, "USD", "W4 limits", "the same in 24 hours", "近 24 小时已用额度（不含本次）",
         lambda f: f.sent(24)),
    Fact("sent_7d_usd", _T.MONEY_USD, "USD", "W4 limits", "the same in 7 days", "近 7 天已用额度（不含本次）",
         lambda f: f.sent(7 * 24)),
    Fact("sent_30d_usd", _T.MONEY_USD, "USD", "W4 limits", "the same in 30 days", "近 30 天已用额度（不含本次）",
         lambda f: f.sent(30 * 24)),
    Fact("lifetime_usd", _T.MONEY_USD, "USD", "W4 limits", "the same since the customer exists",
         "历史累计已用额度（不含本次）", lambda f: f.sent(None)),
    Fact("withdrawals_24h", _T.COUNT, "", "W4 velocity",
         "withdrawals that hold or used room in 24 hours, this one not counted",
         "近 24 小时提币笔数（不含本次）", lambda f: f.count_24h),
    Fact("is_first_withdrawal", _T.BOOL, "", "W4 velocity", "no other withdrawal has ever held room",
         "是否首次提币", lambda f: None if f.count_ever is None else f.count_ever == 0),
    Fact("hours_since_password_change", _T.HOURS, "hours", "W4 session", "unknown where it never changed",
         "距上次修改密码的时长", _since_change("password_changed")),
    Fact("hours_since_mfa_change", _T.HOURS, "hours", "W4 session", "unknown where it never changed",
         "距上次更换验证方式的时长", _since_change("mfa_changed")),
    Fact("hours_since_email_change", _T.HOURS, "hours", "W4 session", "unknown where it never changed",
         "距上次修改邮箱的时长", _since_change("email_changed")),
    Fact("hours_since_phone_change", _T.HOURS, "hours", "W4 session", "unknown where it never changed",
         "距上次修改手机号的时长", _since_change("phone_changed")),
    Fact("requested_hour_utc", _T.COUNT, "0-23", "W4 velocity", "hour of the day of the request, UTC",
         "申请时刻（UTC 小时）", lambda f: f.requested_at.astimezone(UTC).hour),
    Fact("on_list_categories", _T.TEXTS, "", "W4 lists", "categories of the lists that name the address",
         "收款地址所在名单的类别", lambda f: frozenset(hit.category for hit in f.hits)),
    Fact("stale_lists", _T.TEXTS, "", "W4 lists", "required lists older than they may be", "已过期的必备名单",
         lambda f: frozenset(f.stale_lists)),
    Fact("restriction_kinds", _T.TEXTS, "", "W4 restrictions", "kinds of restrictions in force", "生效中的限制措施类型",
         lambda f: frozenset(r.kind for r in f.restrictions)),
    Fact("market", _T.TEXT, "", "W5 market regime", "calm, nervous or stormy", "行情状态（平稳、波动、剧烈）",
         lambda f: f.market),
    Fact("market_percent", _T.COUNT, "percent", "W5 market regime", "what the market leaves of each limit",
         "行情对限额的折算比例", lambda f: f.market_percent if f.market is not None else None),
    Fact("resembles_known_address", _T.BOOL, "", "W4 look-alike", "the address resembles another known one",
         "地址与已知地址高度相似", lambda f: None if f.own is None else f.resembles is not None),
    Fact("is_own_platform", _T.BOOL, "", "W4 address", "the address belongs to this platform", "是否为本平台地址",
         lambda f: None if f.own is None else f.own != ""),
    Fact("allow_list_on", _T.BOOL, "", "W4 allow-list", "only saved addresses may be paid", "是否开启白名单提币",
         lambda f: f.allow_list),
    Fact("hours_since_login", _T.HOURS, "hours", "W4 session", "since the newest login that the platform told of",
         "距最近一次登录的时长", _since_seen("login_at")),
    Fact("login_country", _T.TEXT, "ISO 3166-1", "W4 session", "country of the newest login",
         "最近一次登录所在国家或地区",
         lambda f: None if f.behaviour.sessions is None else f.behaviour.sessions.login_country),
    Fact("hours_since_new_device", _T.HOURS, "hours", "W4 session",
         "since a device logged in that had never been seen before", "距首次出现新设备的时长",
         _since_seen("device_at")),
    Fact("hours_since_new_network", _T.HOURS, "hours", "W4 session",
         "since a login from a network (/24, /48) that had never been seen before", "距首次出现新网段的时长",
         _since_seen("network_at")),
    Fact("hours_since_new_country", _T.HOURS, "hours", "W4 session",
         "since a login from a country that had never been seen before", "距首次出现新登录国家或地区的时长",
         _since_seen("country_at")),
    Fact("hours_since_fast_travel", _T.HOURS, "hours", "W4 session",
         "since a login that followed one in another country sooner than the policy allows",
         "距最近一次异地快速登录的时长", _since_seen("travel_at")),
    Fact("withdrawals_1h", _T.COUNT, "", "W4 velocity", "other withdrawals in the hour before the request",
         "申请前 1 小时提币笔数（不含本次）", _of_asking(lambda f, a: a.count_1h)),
    Fact("new_addresses_24h", _T.COUNT, "", "W4 velocity",
         "different destinations first named in the 24 hours before the request, this one counted",
         "申请前 24 小时新增收款地址数（含本次）", _of_asking(lambda f, a: a.new_addresses_24h)),
    Fact("drain_percent", _T.COUNT, "%", "W4 velocity",
         "this one and what left in 24 hours, in percent of the balance 24 hours ago, rounded down; "
         "unknown where that was 0",
         "本次及 24 小时内转出占 24 小时前余额的百分比（向下取整）", _of_asking(_drain)),
    Fact("arrived_units", _T.UNITS, "units", "W4 velocity",
         "credited on chain in the last minutes before the request, as many as the policy looks at",
         "申请前数分钟内到账的充值数量", _of_asking(lambda f, a: a.arrived_units if a.arrived_minutes else None)),
    Fact("hours_since_last_sent", _T.HOURS, "hours", "W4 velocity", "since the newest withdrawal that settled",
         "距最近一次成功提币的时长", _of_asking(lambda f, a: _hours_since(a.sent_at, f.now))),
    Fact("settled_90d", _T.COUNT, "", "W4 behaviour", "withdrawals that settled in 90 days", "近 90 天成功提币笔数",
         _of_asking(lambda f, a: a.sent_90d)),
    Fact("largest_90d_usd", _T.MONEY_USD, "USD", "W4 behaviour", "largest of them", "近 90 天最大单笔提币金额",
         _of_asking(lambda f, a: a.largest_90d)),
    Fact("median_90d_usd", _T.MONEY_USD, "USD", "W4 behaviour", "the one in the middle", "近 90 天提币金额中位数",
         _of_asking(lambda f, a: a.median_90d)),
    Fact("largest_ever_units", _T.UNITS, "units", "W4 unit sanity", "largest of this asset that ever settled",
         "该币种历史最大成功提币数量", _of_asking(lambda f, a: a.largest_units)),
    Fact("hot_wallet_units", _T.UNITS, "units", "W4 unit sanity", "what the hot wallet was last seen to hold",
         "热钱包最近一次观测余额", _of_asking(lambda f, a: a.hot_units)),
    Fact("egress_tripped", _T.BOOL, "", "W4 egress", "the platform's egress breaker holds", "平台出金熔断是否触发",
         lambda f: None if f.behaviour.rushing is None else f.behaviour.rushing.trip is not None),
    # An unknown fact holds the withdrawal, and "hours since it changed" is unknown for everybody who never changed it:
    # `password_ever_changed and hours_since_password_change < 24` is false for them, and holds nobody.
    Fact("password_ever_changed", _T.BOOL, "", "W4 session", "the password was changed at least once",
         "是否修改过密码", _ever_changed("password_changed")),
    Fact("mfa_ever_changed", _T.BOOL, "", "W4 session", "a factor was changed at least once",
         "是否更换过验证方式", _ever_changed("mfa_changed")),
    Fact("email_ever_changed", _T.BOOL, "", "W4 session", "the e-mail address was changed at least once",
         "是否修改过邮箱", _ever_changed("email_changed")),
    Fact("phone_ever_changed", _T.BOOL, "", "W4 session", "the phone number was changed at least once",
         "是否修改过手机号", _ever_changed("phone_changed")),
    Fact("unbound_units", _T.UNITS, "units", "W4 retention",
         "what retention lots leave free; unknown where the party has none", "未被锁定期限制的数量；无锁定批次时未知",
         lambda f: None if f.bound is None else f.bound.free_units),
    Fact("sent_4h_usd", _T.MONEY_USD, "USD", "W4 limits", "reserved or sent in 4 hours, this one not counted",
         "近 4 小时已用额度（不含本次）", lambda f: f.sent(4)),
)  # fmt: skip
"""Every fact that a rule may name, in the order of the reference page, which is made from it."""

BY_NAME = {fact.name: fact for fact in CATALOGUE}


def seen(facts: Facts) -> dict[str, Seen]:
    """Each fact of the catalogue by its name: what an analyst's rule looks at."""
    return {fact.name: fact.read(facts) for fact in CATALOGUE}
