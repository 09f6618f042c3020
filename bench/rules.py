"""Forty rules on the same facts: the analysts' language beside rule-engine, zen-engine and CEL, in turns, in one run.

Every engine gets the same conditions, translated from our tree, and must name the same rules for every set of facts
before it is timed. CPU time of one core; the ratios are the result. Started by `make bench-rules`, which borrows the
other engines for this one run: the product does not depend on them.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from random import Random

import cel
import rule_engine
import zen

from tidegate.policy.language import FactType, Kind, Rule, Value, check, compile_pack, explain
from tidegate.policy.language import tree as t
from tidegate.policy.language.spelling import spell

ROUNDS = 7
SLICE = 0.25  # CPU seconds per engine and round
USD = 10**6
BIG = 2**256

_KINDS = {
    Kind.MONEY: "amount_usd fee_usd available_usd sent_1h_usd sent_24h_usd sent_30d_usd limit_24h_usd hot_usd "
    "deposited_24h_usd outflow_1h_usd bond_short_usd",
    Kind.COUNT: "asked_1h asked_24h failed_logins_24h open_cases devices_30d sent_to_address",
    Kind.NUMBER: "level address_score tier regime",
    Kind.HOURS: "account_age_hours address_age_hours password_age_hours factor_age_hours email_age_hours "
    "phone_age_hours deposit_age_hours",
    Kind.BOOL: "new_device new_place in_address_book allow_list is_merchant exposed api_key standing",
    Kind.TEXT: "country login_country network asset",
}
CATALOGUE = {name: FactType(kind) for kind, names in _KINDS.items() for name in names.split()}
CONDITIONS = """
amount_usd > 50000 and level < 3
amount_usd > 1000 and level < 2
amount_usd > available_usd
amount_usd + sent_24h_usd > limit_24h_usd
amount_usd + sent_24h_usd > 0.8 * limit_24h_usd and new_device
amount_usd > 0.8 * sent_30d_usd and address_age_hours < 72
amount_usd > 0.9 * deposited_24h_usd and deposit_age_hours < 6
sent_1h_usd * 4 > sent_24h_usd and asked_1h >= 3
amount_usd + fee_usd > 0.95 * available_usd and account_age_hours > 4320
amount_usd > 0.2 * hot_usd
amount_usd > 0.05 * hot_usd and regime >= 2
outflow_1h_usd > 0.5 * hot_usd
not in_address_book and allow_list
not in_address_book and amount_usd > 2000
address_age_hours < 24 and amount_usd > 500
address_age_hours < 48 and amount_usd > 20000
address_score >= 80
address_score >= 50 and amount_usd > 1000
address_score >= 30 and sent_to_address == 0
exposed and amount_usd > 100
password_age_hours < 24
factor_age_hours < 24
email_age_hours < 72
phone_age_hours < 72
min(password_age_hours, factor_age_hours, email_age_hours) < 168 and amount_usd > 5000
new_device and amount_usd > 300
new_device and new_place
new_place and country != login_country
country in {'IR', 'KP', 'SY', 'CU'}
login_country in {'IR', 'KP', 'SY', 'CU'}
failed_logins_24h >= 5
asked_24h >= 10
asked_1h >= 3 and not standing
devices_30d > 4 and amount_usd > 1000
is_merchant and tier >= 3
is_merchant and tier == 2 and (bond_short_usd > 0 or open_cases > 0)
is_merchant and bond_short_usd > 0.1 * amount_usd
network == 'tron' and asset == 'USDT' and amount_usd > 30000
api_key and amount_usd > max(1000, 0.5 * sent_30d_usd)
regime == 3 and amount_usd > 10000 and network not in {'bitcoin', 'tron'}
""".strip().splitlines()
RULES: dict[str, Rule] = {f"rule_{i}": check(f"{line} -> review", CATALOGUE) for i, line in enumerate(CONDITIONS)}
NAMES = list(RULES)

Facts = Mapping[str, Value]
Run = Callable[[object], list[str]]


def facts_of_a_decision(random: Random) -> dict[str, Value]:
    """Whole dollars, so that an engine of doubles has nothing to round and may agree."""
    made: dict[str, Value] = {}
    for name, type in CATALOGUE.items():
        match type.kind:
            case Kind.MONEY:
                made[name] = int(random.lognormvariate(9 if name != "amount_usd" else 7, 1.6)) * USD
            case Kind.COUNT:
                made[name] = random.randrange(7)
            case Kind.NUMBER:
                made[name] = random.randrange(60) if name == "address_score" else random.randrange(4)
            case Kind.HOURS:
                made[name] = random.choice([5, 30, 60, 200, 3000, 9000])
            case Kind.BOOL:
                made[name] = random.random() < 0.15
            case _:
                made[name] = random.choice(
                    {"network": ["tron", "ethereum", "bitcoin"], "asset": ["USDT", "ETH"]}.get(
                        name, ["DE", "SG", "BR", "IR"]
                    )
                )
    return made


def in_dollars(facts: Facts) -> dict[str, object]:
    return {
        name: value // USD if CATALOGUE[name].kind is Kind.MONEY and isinstance(value, int) else value
        for name, value in facts.items()
    }


def in_doubles(facts: Facts) -> dict[str, object]:
    """CEL does not multiply a double with an integer, so it gets doubles throughout."""
    return {k: float(v) if isinstance(v, int) and not isinstance(v, bool) else v for k, v in in_dollars(facts).items()}


def translated(node: t.Condition | t.Number | t.Text, to: str) -> str:
    """A condition in another engine's spelling."""
    both, either, no = ("&&", "||", "!") if to == "cel" else ("and", "or", "not ")
    match node:
        case t.All():
            return "(" + f" {both} ".join(translated(part, to) for part in node.parts) + ")"
        case t.Some():
            return "(" + f" {either} ".join(translated(part, to) for part in node.parts) + ")"
        case t.Not():
            return f"{no}({translated(node.operand, to)})"
        case t.Comparison():
            return f"({translated(node.left, to)} {node.op} {translated(node.right, to)})"
        case t.Membership(members=tuple() as members):
            return f"({translated(node.item, to)} in [{', '.join(translated(m, to) for m in members)}])"
        case t.Arithmetic():
            return f"({translated(node.left, to)} {node.op} {translated(node.right, to)})"
        case t.Function():
            inner = [translated(argument, to) for argument in node.arguments]
            if to == "zen":
                return f"{node.name}([{', '.join(inner)}])"
            best, sign = inner[0], "<" if node.name == "min" else ">"
            for other in inner[1:]:
                best = f"({best} {sign} {other} ? {best} : {other})"
            return best
        case t.Literal():
            return f"{spell(node)}.0" if to == "cel" and not node.decimals else spell(node)
        case t.Text():
            return json.dumps(node.value)
    assert isinstance(node, t.Fact)
    return node.name


def ours() -> Run:
    program = compile_pack(RULES, CATALOGUE)
    return lambda facts: [fired.name for fired in program.run(facts)]


def ours_explained() -> Run:
    """What a decision needs: the rules that fired, each with its explanation."""
    program = compile_pack(RULES, CATALOGUE)
    return lambda facts: [fired.name for fired in program.run(facts) if explain(fired.rule, facts).holds]


def ours_all_explained() -> Run:
    """What a person asks for: every rule explained, also those that did not fire."""
    return lambda facts: [name for name, rule in RULES.items() if explain(rule, facts).holds]


def by_rule_engine() -> Run:
    rules = [(name, rule_engine.Rule(translated(rule.condition, "rule-engine"))) for name, rule in RULES.items()]
    return lambda facts: [name for name, rule in rules if rule.matches(facts)]


def by_zen_table() -> Run:
    """A decision table that collects every row whose condition holds."""
    place = {"x": 0, "y": 0}
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": "when", "name": "when"}],
        "outputs": [{"id": "then", "name": "then", "field": "name"}],
        "rules": [
            {"_id": name, "when": translated(rule.condition, "zen"), "then": json.dumps(name)}
            for name, rule in RULES.items()
        ],
    }
    graph = {
        "nodes": [
            {"id": "a", "type": "inputNode", "name": "in", "position": place},
            {"id": "b", "type": "decisionTableNode", "name": "table", "position": place, "content": table},
            {"id": "c", "type": "outputNode", "name": "out", "position": place},
        ],
        "edges": [
            {"id": "ab", "type": "edge", "sourceId": "a", "targetId": "b"},
            {"id": "bc", "type": "edge", "sourceId": "b", "targetId": "c"},
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(graph))
    return lambda facts: [row["name"] for row in decision.evaluate(facts)["result"]]


def by_zen_expression() -> Run:
    """All conditions as one compiled expression: the fastest form we found for zen."""
    whole = zen.compile_expression(f"[{', '.join(translated(rule.condition, 'zen') for rule in RULES.values())}]")
    return lambda facts: [name for name, held in zip(NAMES, whole.evaluate(facts), strict=True) if held]


def by_cel() -> Run:
    """All conditions as one compiled program."""
    whole = cel.compile(f"[{', '.join(translated(rule.condition, 'cel') for rule in RULES.values())}]")
    return lambda facts: [name for name, held in zip(NAMES, whole.execute(facts), strict=True) if held]


ENGINES: dict[str, tuple[Callable[[], Run], Callable[[Facts], object]]] = {
    "ours, compiled": (ours, dict),
    "ours, a fifth of the facts unknown": (ours, dict),
    "ours, what fired explained": (ours_explained, dict),
    "ours, every rule explained": (ours_all_explained, dict),
    "rule-engine": (by_rule_engine, in_dollars),
    "zen-engine, decision table": (by_zen_table, in_dollars),
    "zen-engine, one expression": (by_zen_expression, in_dollars),
    "CEL (Rust), one program": (by_cel, in_doubles),
}


def rate(run: Run, facts: list[object]) -> float:
    """Decisions of forty rules per CPU second."""
    done, start = 0, time.process_time()
    while (spent := time.process_time() - start) < SLICE:
        for one in facts[:50]:
            run(one)
        done += 50
    return done / spent


def exactness() -> None:
    """One unit in 2**256 too many: who sees it?"""
    big, less = {"a": BIG, "b": BIG - 1}, {"a": BIG - 1, "b": BIG}
    pair = {name: FactType(Kind.UNITS) for name in "ab"}
    program = compile_pack({"more": check("a > b -> review", pair)}, pair)
    engines: dict[str, Callable[[dict[str, int]], object]] = {
        "ours, compiled": lambda facts: bool(program.run(facts)),
        "rule-engine": rule_engine.Rule("a > b").matches,
        "zen-engine": zen.compile_expression("a > b").evaluate,
        "CEL (Rust)": cel.compile("a > b").execute,
    }
    print("\n2**256 > 2**256 - 1, and the other way round:")
    for name, run in engines.items():
        said = []
        for facts in (big, less):
            try:
                said.append(str(run(facts)))
            except Exception as refused:  # an engine's own error is its answer
                said.append(f"refused ({type(refused).__name__}: {str(refused)[:50]})")
        print(f"  {name:<16} {'exact' if said == ['True', 'False'] else 'not exact'}: {', '.join(said)}")


def main() -> int:
    random = Random(1)
    decisions = [facts_of_a_decision(random) for _ in range(300)]
    holes = [{k: v if random.random() > 0.2 else None for k, v in facts.items()} for facts in decisions]
    runs: dict[str, tuple[Run, list[object]]] = {}
    expected = [ours()(facts) for facts in decisions]
    for name, (make, spelt) in ENGINES.items():
        run, facts = make(), [spelt(one) for one in (holes if "unknown" in name else decisions)]
        if "unknown" not in name:
            for one, names in zip(facts, expected, strict=True):
                if run(one) != names:
                    print(f"{name} disagrees: {run(one)} instead of {names} for {one}", file=sys.stderr)
                    return 1
        runs[name] = (run, facts)
    hits = statistics.mean(map(len, expected))
    print(f"{len(RULES)} rules, {len(CATALOGUE)} facts, {hits:.1f} rules fire on average; {ROUNDS} rounds")
    rounds = [{name: rate(*engine) for name, engine in runs.items()} for _ in range(ROUNDS)]
    first = next(iter(runs))
    print(f"\n{'':<36}{'per second':>12}{'us each':>9}   ours is faster by (lowest to highest)")
    for name in runs:
        rates = [one[name] for one in rounds]
        ratios = sorted(one[first] / one[name] for one in rounds)
        middle, ratio = statistics.median(rates), statistics.median(ratios)
        print(f"{name:<36}{middle:>12,.0f}{1e6 / middle:>9.1f}   {ratio:.1f}  ({ratios[0]:.1f} to {ratios[-1]:.1f})")
    start = time.process_time()
    for _ in range(20):
        for line in CONDITIONS:
            check(f"{line} -> review", CATALOGUE)
    checked = (time.process_time() - start) / 20
    start = time.process_time()
    compile_pack(RULES, CATALOGUE)
    compiled = time.process_time() - start
    print(f"\nchecking all forty lines {checked * 1e3:.0f} ms, compiling them {compiled * 1e3:.0f} ms")
    exactness()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
