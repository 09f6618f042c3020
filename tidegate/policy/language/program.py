"""A pack of rules as one Python function.

The function is generated from our own tree, never from an author's text: facts become v0, v1, …, whole numbers are
written in digits, texts and sets are bound by name, and it sees no builtins. It knows three values. A condition is
written twice, as "could it hold?" and "does it hold for certain?"; between the two lies unknown. In both, `and`,
`or` and `not` are Python's own (`not` swaps them), which is exactly Kleene's logic:
False and unknown = False, True or unknown = True.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import CodeType

from tidegate.policy.language.bounds import MAX_RULES
from tidegate.policy.language.facts import Catalogue, Kind, Value
from tidegate.policy.language.fault import RuleFault
from tidegate.policy.language.reading import check_name
from tidegate.policy.language.scaled import common, write
from tidegate.policy.language.tree import (
    All,
    Comparison,
    Condition,
    Fact,
    Leaf,
    Literal,
    Membership,
    Not,
    Number,
    Rule,
    Some,
    Text,
    facts_of,
    is_text,
)

PYTHON_TYPE: Mapping[Kind, type] = {
    Kind.MONEY: int,
    Kind.UNITS: int,
    Kind.NUMBER: int,
    Kind.COUNT: int,
    Kind.HOURS: int,
    Kind.BOOL: bool,
    Kind.TEXT: str,
    Kind.TEXTS: frozenset,
}


class WrongFact(TypeError):
    """A fact came as something other than its kind: always a bug of ours, never the analyst's doing."""


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that asks for its outcome, or one that nobody can answer."""

    name: str
    rule: Rule
    unknown: tuple[str, ...] = ()  # facts of the rule that are unknown; empty = it fired for certain

    @property
    def certain(self) -> bool:
        """False: the condition is neither true nor false. The caller holds, with a code of its own."""
        return not self.unknown


class Program:
    """A compiled pack. Made by `compile_pack`; may be used from any number of threads."""

    def __init__(self, names: tuple[str, ...], kinds: tuple[Kind, ...], source: str, bound: dict[str, object]) -> None:
        self.facts = names
        self.source = source  # for a curious reader; what runs is this and nothing else
        self._types = tuple(PYTHON_TYPE[kind] for kind in kinds)
        run: dict[str, object] = {"__builtins__": {}, "min": min, "max": max, "abs": abs, "hold": _hold} | bound
        code: CodeType = compile(source, "<rules>", "exec")
        exec(code, run)
        self._known = _callable(run["known"])
        self._guarded = _callable(run["guarded"])

    def run(self, facts: Mapping[str, Value] | object) -> list[Fired]:
        """Every rule that fires or cannot be answered, in the pack's order.

        `facts` is a mapping by name or an object with attributes; each as `FactType` says. A fact that is not there
        is unknown, as is None. Raises WrongFact for a value of another type: no float ever gets in.
        """
        if isinstance(facts, dict):
            values = tuple(map(facts.get, self.facts))
        elif isinstance(facts, Mapping):
            values = tuple([facts.get(name) for name in self.facts])
        else:
            values = tuple([getattr(facts, name, None) for name in self.facts])
        # One comparison says both that nothing is unknown and that nothing is a float.
        if tuple(map(type, values)) == self._types:
            return self._known(values)
        for name, value, right in zip(self.facts, values, self._types, strict=True):
            if value is None or type(value) is right:
                continue
            if not isinstance(value, right) or isinstance(value, bool):
                raise WrongFact(f"{name} came as {type(value).__name__} {value!r}; {right.__name__} is right")
        return self._guarded(values)


def _hold(fired: Fired, looked_at: Sequence[tuple[int, str]], values: Sequence[Value]) -> Fired:
    """The rule as one that cannot be answered, with the facts that are missing."""
    return Fired(fired.name, fired.rule, tuple([name for at, name in looked_at if values[at] is None]))


def compile_pack(rules: Mapping[str, Rule], catalogue: Catalogue) -> Program:
    """The rules, by name, as one program.

    Raises RuleFault: `rule_pack` (too many, or a name that is none), `rule_fact` (a rule was read with another
    catalogue, and a fact of it is gone or has changed its kind since: it must be read again).
    """
    if len(rules) > MAX_RULES:
        raise RuleFault("rule_pack", f"a pack has at most {MAX_RULES} rules, this one {len(rules)}.", 1, 0)
    for name, rule in rules.items():
        check_name(name)
        for fact, type in rule.facts:
            if catalogue.get(fact) != type:
                raise RuleFault(
                    "rule_fact", f"rule {name}: the fact {fact} is gone or has changed; save the rule again.", 1, 0
                )
    facts = sorted({fact: type.kind for rule in rules.values() for fact, type in rule.facts}.items())
    places = {fact: at for at, (fact, _) in enumerate(facts)}
    writer = _Writer({fact: f"v{i}" for i, (fact, _) in enumerate(facts)})
    known, guarded = list[str](), list[str]()
    for i, (name, rule) in enumerate(rules.items()):
        writer.bound[f"r{i}"] = Fired(name, rule)
        writer.bound[f"f{i}"] = tuple((places[fact], fact) for fact, _ in rule.facts)
        known.append(f" if {writer.condition(rule.condition, _Read.KNOWN)}: fired.append(r{i})")
        guarded.append(
            f" if {writer.condition(rule.condition, _Read.POSSIBLE)}: fired.append("
            f"r{i} if {writer.condition(rule.condition, _Read.CERTAIN)} else hold(r{i}, f{i}, values))"
        )
    take = [f" {', '.join(writer.names.values())}, = values"] if facts else []
    lines = [
        line
        for function, body in (("known", known), ("guarded", guarded))
        for line in (f"def {function}(values):", *take, " fired = []", *body, " return fired")
    ]
    names, kinds = tuple(fact for fact, _ in facts), tuple(kind for _, kind in facts)
    return Program(names, kinds, "\n".join(lines) + "\n", writer.bound)


class _Read(Enum):
    KNOWN = "no fact is unknown"
    POSSIBLE = "true or unknown"
    CERTAIN = "true"


_OPPOSITE = {_Read.KNOWN: _Read.KNOWN, _Read.POSSIBLE: _Read.CERTAIN, _Read.CERTAIN: _Read.POSSIBLE}


class _Writer:
    """Writes conditions in Python; texts and sets that it meets are kept in `bound`."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.bound: dict[str, object] = {}
        self.known: dict[object, str] = {}

    def fact(self, name: str) -> str:
        return self.names[name]

    def whole(self, value: int) -> str:
        return str(value) if value >= 0 else f"({value})"

    def function(self, name: str) -> str:
        return name

    def condition(self, node: Condition, read: _Read) -> str:
        match node:
            case Not():
                return f"(not {self.condition(node.operand, _OPPOSITE[read])})"
            case All():
                return f"({' and '.join(self.condition(part, read) for part in node.parts)})"
            case Some():
                return f"({' or '.join(self.condition(part, read) for part in node.parts)})"
        leaf = self.leaf(node)
        facts = [self.names[name] for name in facts_of(node)]
        if read is _Read.POSSIBLE:
            return f"({''.join(f'{fact} is None or ' for fact in facts)}{leaf})"
        if read is _Read.CERTAIN:
            return f"({''.join(f'{fact} is not None and ' for fact in facts)}{leaf})"
        return leaf

    def leaf(self, node: Leaf) -> str:
        match node:
            case Fact():
                return self.names[node.name]
            case Comparison(left=left, right=right):
                if is_text(left) or is_text(right):
                    return f"{self.text(left)} {node.op} {self.text(right)}"
                assert not isinstance(left, Text)
                assert not isinstance(right, Text)
                decimals = common(left, right)
                return f"{write(left, decimals, self)} {node.op} {write(right, decimals, self)}"
            case Membership():
                return self.member(node)

    def member(self, node: Membership) -> str:
        item, members = node.item, node.members
        if isinstance(members, Fact):
            return f"{self.text(item)} in {self.names[members.name]}"
        if is_text(item):
            held = frozenset(member.value for member in members if isinstance(member, Text))
            return f"{self.text(item)} in {self.bind(held)}"
        assert not isinstance(item, Text)
        literals = [member for member in members if isinstance(member, Literal)]
        decimals = common(item, *literals)
        whole = frozenset(literal.units * 10 ** (decimals - literal.decimals) for literal in literals)
        return f"{write(item, decimals, self)} in {self.bind(whole)}"

    def text(self, node: Number | Text) -> str:
        if isinstance(node, Text):
            return self.bind(node.value)
        assert isinstance(node, Fact)
        return self.names[node.name]

    def bind(self, value: object) -> str:
        name = self.known.setdefault(value, f"c{len(self.known)}")
        self.bound[name] = value
        return name


def _callable(made: object) -> Callable[[tuple[Value, ...]], list[Fired]]:
    assert callable(made)
    return made
