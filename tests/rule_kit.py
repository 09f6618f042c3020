"""For tests of the analysts' language: a catalogue, random rules and facts, and a second opinion on what they mean.

`meaning` reads the same tree as the product but computes with fractions and spells out Kleene's tables, so that it
shares nothing with the compiled program, with explain or with the SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from random import Random

from tidegate.policy.language import FactType, Kind, Rule, RuleFault, Value, check
from tidegate.policy.language import tree as t

BIG = 2**256
NETWORKS = frozenset({"evm-local", "bitcoin", "tron"})
CATALOGUE = {
    "amount_usd": FactType(Kind.MONEY, "value of this withdrawal", "本次提币金额"),
    "sent_30d_usd": FactType(Kind.MONEY, "sent in the last 30 days", "近 30 天已提金额"),
    "balance_change_usd": FactType(Kind.MONEY, "balance against yesterday", "余额变化", signed=True),
    "amount_units": FactType(Kind.UNITS, "amount in smallest units", "最小单位数量"),
    "available_units": FactType(Kind.UNITS, "what could be spent", "可用余额"),
    "risk_score": FactType(Kind.NUMBER, "score of the address", "地址评分", decimals=2),
    "identity_level": FactType(Kind.NUMBER, "identity level, 0 to 3", "认证等级"),
    "login_failures_24h": FactType(Kind.COUNT, "failed logins in 24 hours", "登录失败次数"),
    "withdrawals_24h": FactType(Kind.COUNT, "withdrawals in 24 hours", "提币次数"),
    "address_age_hours": FactType(Kind.HOURS, "since the address was first named", "地址时长"),
    "session_age_hours": FactType(Kind.HOURS, "since the session began", "会话时长", decimals=3),
    "new_device": FactType(Kind.BOOL, "first seen device", "新设备"),
    "is_merchant": FactType(Kind.BOOL, "is a merchant", "是商户"),
    "country": FactType(Kind.TEXT, "country of residence", "居住国家"),
    "login_country": FactType(Kind.TEXT, "country of the session", "登录国家"),
    "network": FactType(Kind.TEXT, "network", "网络", values=NETWORKS),
    "address_tags": FactType(Kind.TEXTS, "labels of the address", "地址标签"),
}
_BY_KIND = {
    "money": ["amount_usd", "sent_30d_usd", "balance_change_usd"],
    "units": ["amount_units", "available_units"],
    "plain": ["risk_score", "identity_level", "login_failures_24h", "withdrawals_24h"],
    "hours": ["address_age_hours", "session_age_hours"],
}
_LITERALS = {
    "money": ["0", "1", "2.5", "1000", "0.000001", str(BIG)],
    "units": ["0", "7", "1000000", str(BIG - 1)],
    "plain": ["0", "1", "2", "3", "0.5", "1.25", "0.000000000000000001"],
    "hours": ["0", "24", "72h", "3d", "1.5d", "0.25h"],
}
_TEXTS = ["'DE'", "'FR'", '"US"', '"it\'s"', "''"]
COLUMNS = {
    Kind.MONEY: "numeric",
    Kind.UNITS: "numeric",
    Kind.NUMBER: "numeric",
    Kind.COUNT: "bigint",
    Kind.HOURS: "integer",
    Kind.BOOL: "boolean",
    Kind.TEXT: "text",
    Kind.TEXTS: "text[]",
}
"""What a view might choose; narrow where it may be, because the condition has to stand that."""


def random_line(random: Random) -> str:
    """A well-typed rule, spelt with more or fewer spaces and brackets."""
    while True:
        outcome = random.choice(["step_up", "delay 24", "delay 2d", "review", "decline", "freeze"])
        line = f"{_condition(random, 3)}{random.choice([' ', '  ', ''])}->{random.choice([' ', '   '])}{outcome}"
        if refused(line) is None:
            return line


def refused(line: str) -> str | None:
    """The code of the fault in a line, or None where it is a rule."""
    try:
        check(line, CATALOGUE)
    except RuleFault as fault:
        return fault.code
    return None


def random_facts(random: Random, *, unknown: float = 0.2) -> dict[str, Value]:
    """Facts near the numbers that rules speak of, sometimes huge, sometimes unknown."""
    return {name: None if random.random() < unknown else _value(random, name, type) for name, type in CATALOGUE.items()}


def _value(random: Random, name: str, type: FactType) -> Value:
    match type.kind:
        case Kind.BOOL:
            return random.random() < 0.5
        case Kind.TEXT:
            return random.choice(sorted(type.values) or ["DE", "FR", "US", "it's", ""])
        case Kind.TEXTS:
            return frozenset(random.sample(["DE", "FR", "mixer", "it's"], random.randrange(4)))
        case Kind.COUNT:
            return random.choice([0, 1, 2, 3, 2**62])
        case Kind.HOURS:
            return random.choice([0, 1, 24, 71, 72, 250, 2**31 - 1])
    if random.random() < 0.2:
        return random.choice([BIG - 1, BIG, BIG + 1])
    value = random.choice([0, 1, 2, 3, 5, 50, 100, 125, 1000, 10**6, 25 * 10**5, 10**9])
    return -value if type.signed and random.random() < 0.5 else value


def _condition(random: Random, depth: int) -> str:
    pick = random.randrange(10 if depth else 6)
    if pick < 3:
        kind = random.choice(list(_BY_KIND))
        op = random.choice(["<", "<=", ">", ">=", "==", "!="])
        sides = [_with_fact(random, kind, 2), _number(random, kind, 2)]
        random.shuffle(sides)
        return f"{sides[0]}{random.choice([' ', ''])}{op}{random.choice(['', '  '])}{sides[1]}"
    if pick == 3:
        return random.choice(["new_device", "is_merchant"])
    if pick == 4:
        return _about_text(random)
    if pick == 5:
        kind = random.choice(list(_BY_KIND))
        if random.random() < 0.5:
            ops = random.choice([("<", "<="), (">", ">="), ("<=", "=="), (">=", ">")])
            middle = _with_fact(random, kind, 1)
            return f"{_number(random, kind, 0)} {ops[0]} {middle} {ops[1]} {_number(random, kind, 0)}"
        members = ", ".join(random.choice(["", "-"]) + random.choice(_LITERALS[kind]) for _ in range(3))
        item, (start, end) = _with_fact(random, kind, 1), random.choice(["{}", "()", "[]"])
        return f"{item} {random.choice(['in', 'not in'])} {start}{members}{end}"
    if pick < 8:
        parts = [_condition(random, depth - 1) for _ in range(random.choice([2, 2, 3]))]
        word = random.choice([" and ", " or "])
        return word.join(part if random.random() < 0.2 and " or " not in part else f"({part})" for part in parts)
    return f"not ({_condition(random, depth - 1)})"


def _about_text(random: Random) -> str:
    text = random.choice(_TEXTS)
    return random.choice(
        [
            f"country {random.choice(['==', '!='])} {random.choice([text, 'login_country'])}",
            f"{text} == login_country",
            "network in {'tron', \"bitcoin\"}",
            "network not in ['evm-local', 'evm-local']",
            f"country in ({text}, 'DE')",
            f"{random.choice([text, 'country'])} {random.choice(['in', 'not in'])} address_tags",
        ]
    )


def _with_fact(random: Random, kind: str, depth: int) -> str:
    fact = random.choice(_BY_KIND[kind])
    if depth == 0 or random.random() < 0.3:
        return fact
    other = _number(random, kind, depth - 1)
    factor = _number(random, "plain", depth - 1)
    return random.choice(
        [
            f"({fact} + {other})",
            f"({other} - {fact})",
            f"({other} - ({fact} - {other}))",
            f"{fact} * {factor}",
            f"{factor}*{fact}",
            f"min({fact}, {other})",
            f"max({other}, {fact}, {other})",
            f"abs({fact} - {other})",
            f"-{fact}",
            f"-({fact} + {other})",
        ]
    )


def _number(random: Random, kind: str, depth: int) -> str:
    if random.random() < 0.4:
        return random.choice(["", "", "-"]) + random.choice(_LITERALS[kind])
    return f"({_with_fact(random, kind, depth)})" if depth else random.choice(_BY_KIND[kind])


def meaning(rule: Rule, facts: Mapping[str, Value]) -> bool | None:
    """What the rule says of these facts; None = unknown."""
    return _holds(rule.condition, facts)


def _holds(node: t.Condition, facts: Mapping[str, Value]) -> bool | None:
    match node:
        case t.Fact():
            known = facts[node.name]
            assert known is None or isinstance(known, bool)
            return known
        case t.Not():
            return {True: False, False: True, None: None}[_holds(node.operand, facts)]
        case t.All():
            held: bool | None = True
            for part in node.parts:
                held = _AND[held, _holds(part, facts)]
            return held
        case t.Some():
            held = False
            for part in node.parts:
                held = _OR[held, _holds(part, facts)]
            return held
        case t.Membership():
            item = _computed(node.item, facts)
            members = (
                facts[node.members.name]
                if isinstance(node.members, t.Fact)
                else [_computed(member, facts) for member in node.members]
            )
            if item is None or members is None:
                return None
            assert isinstance(members, list | frozenset)
            return item in members
    a, b = _computed(node.left, facts), _computed(node.right, facts)
    if a is None or b is None:
        return None
    if node.op in ("==", "!="):
        return (a == b) is (node.op == "==")
    assert isinstance(a, Fraction)
    assert isinstance(b, Fraction)
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[node.op]


_AND = {
    (True, True): True, (True, False): False, (True, None): None,
    (False, True): False, (False, False): False, (False, None): False,
    (None, True): None, (None, False): False, (None, None): None,
}  # fmt: skip
_OR = {
    (True, True): True, (True, False): True, (True, None): True,
    (False, True): True, (False, False): False, (False, None): None,
    (None, True): True, (None, False): None, (None, None): None,
}  # fmt: skip


def _computed(node: t.Number | t.Text, facts: Mapping[str, Value]) -> Fraction | str | None:
    match node:
        case t.Text():
            return node.value
        case t.Literal():
            return Fraction(node.units, 10**node.decimals)
        case t.Fact():
            value = facts[node.name]
            if value is None or isinstance(value, str):
                return value
            assert isinstance(value, int)
            return Fraction(value, 10**node.type.decimals)
        case t.Negative():
            inner = _computed(node.operand, facts)
            return None if inner is None else -_fraction(inner)
        case t.Function():
            values = [_computed(argument, facts) for argument in node.arguments]
            if None in values:
                return None
            known = [_fraction(value) for value in values]
            return {"min": min(known), "max": max(known), "abs": abs(known[0])}[node.name]
    a, b = _computed(node.left, facts), _computed(node.right, facts)
    if a is None or b is None:
        return None
    x, y = _fraction(a), _fraction(b)
    return {"+": x + y, "-": x - y, "*": x * y}[node.op]


def _fraction(value: Fraction | str | None) -> Fraction:
    assert isinstance(value, Fraction)
    return value


_OURS = {
    "balance_change_usd": "sent_7d_usd",
    "risk_score": "level",
    "identity_level": "level",
    "login_failures_24h": "withdrawals_24h",
    "session_age_hours": "hours_since_mfa_change",
    "new_device": "has_memo",
    "is_merchant": "is_first_withdrawal",
    "login_country": "ownership",
    "address_tags": "on_list_categories",
}


def line_about(random: Random, catalogue: Mapping[str, FactType]) -> str:
    """A random rule over the facts of withdrawals."""
    while True:
        line = random_line(random)
        for name, ours in _OURS.items():
            line = line.replace(name, ours)
        try:
            check(line, catalogue)
        except RuleFault:
            continue
        return line
