"""Reading a rule: one line in, a typed tree out, or one fault that says where, why and what would be right."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from tidegate.base.findings import Outcome
from tidegate.policy.language.bounds import (
    MAX_DELAY_HOURS,
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_NAME,
    MAX_RULES,
    MAX_WHOLE_DIGITS,
)
from tidegate.policy.language.facts import NUMERIC, PLAIN, Catalogue, Kind
from tidegate.policy.language.fault import RuleFault, nearest, shown
from tidegate.policy.language.spelling import canonical
from tidegate.policy.language.tokens import Token, check_nesting, expects_value, number, tokenise
from tidegate.policy.language.tree import (
    All,
    Arithmetic,
    Comparison,
    Condition,
    Fact,
    Function,
    Leaf,
    Literal,
    Membership,
    Negative,
    Not,
    Number,
    Rule,
    Shape,
    Some,
    Text,
    facts_of,
    is_text,
)

OUTCOMES = tuple(outcome for outcome in Outcome if outcome is not Outcome.ALLOW)
"""What a rule may ask for. Allowing is not among it: a rule can only add findings."""

FUNCTIONS = {
    "min": "the smallest of two or more numbers of one kind",
    "max": "the largest of two or more numbers of one kind",
    "abs": "a number without its sign",
}

_COMPARE: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_CHAINS = ({"<", "<=", "=="}, {">", ">=", "=="})
_ARITHMETIC: Mapping[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
_DELAY_ADVICE = f"delay takes whole hours from 1 to {MAX_DELAY_HOURS}, as in delay 24 or delay 2d."


def check(text: str, catalogue: Catalogue) -> Rule:
    """The rule that a line says: `amount_usd > 0.8 * sent_30d_usd and address_age_hours < 72 -> review`.

    Raises RuleFault, and nothing else, for a line that is no rule over these facts. Takes milliseconds at most,
    whatever the line.
    """
    rule = _read(text, catalogue)
    # What is kept is the canonical line, and it can be longer: a chain is written as pairs, doubts get brackets.
    # So it is read as well, once, now, and not for the first time when a decision waits for it.
    try:
        again = _read(canonical(rule), catalogue)
    except RuleFault as fault:
        raise RuleFault(
            fault.code, "written out in full this rule is too large; write several rules.", 1, len(text)
        ) from None
    assert again == rule, text
    return rule


def _read(text: str, catalogue: Catalogue) -> Rule:
    tokens = tokenise(text, catalogue)
    if not tokens:
        raise RuleFault("rule_empty", "a rule is written as: condition -> outcome.", 1, 0)
    arrows = [i for i, token in enumerate(tokens) if token.text == "->"]
    before, after = tokens[: arrows[0]] if arrows else tokens, tokens[arrows[0] + 1 :] if arrows else []
    check_nesting(before)
    if not arrows:
        raise RuleFault(
            "rule_outcome_missing",
            f"the line does not say what it asks for; end it with -> and one of {_listed(OUTCOMES)}.",
            len(text.rstrip()) + 1,
            0,
            " -> review",
        )
    if not before:
        raise tokens[0].fault("rule_syntax", "there is no condition before ->.")
    if expects_value(before[-1]):
        end = before[-1].at + len(before[-1].text)
        raise RuleFault("rule_syntax", f"something is missing after {before[-1].text}.", end + 1, 0)
    condition = _Reader(text, before, catalogue).read()
    outcome, hours = _outcome(tokens[arrows[0]], after)
    return Rule(condition, outcome, hours, tuple(facts_of(condition).items()))


def check_pack(lines: Mapping[str, str], catalogue: Catalogue) -> tuple[dict[str, Rule], dict[str, RuleFault]]:
    """The good rules of a pack by name, in its order, and the fault of each that is none. The pack is good when
    there are no faults."""
    rules: dict[str, Rule] = {}
    faults: dict[str, RuleFault] = {}
    for at, (name, line) in enumerate(lines.items()):
        try:
            if at >= MAX_RULES:
                raise RuleFault("rule_pack", f"a pack has at most {MAX_RULES} rules.", 1, 0)
            check_name(name)
            rules[name] = check(line, catalogue)
        except RuleFault as fault:
            faults[name] = fault
    return rules, faults


def check_name(name: str) -> None:
    """A rule's name: lower-case ASCII words joined by underscores. Raises RuleFault `rule_pack`."""
    good = name.isascii() and name.isidentifier() and name.islower() and len(name) <= MAX_NAME
    if not good:
        raise RuleFault(
            "rule_pack",
            f"{shown(name)} is not a rule's name; write lower-case words joined by underscores, "
            f"at most {MAX_NAME} characters.",
            1,
            0,
        )


def _outcome(arrow: Token, tokens: Sequence[Token]) -> tuple[Outcome, int | None]:
    if not tokens:
        raise RuleFault(
            "rule_outcome_missing",
            f"after -> the line says what it asks for, one of {_listed(OUTCOMES)}.",
            arrow.at + len(arrow.text) + 1,
            0,
            " review",
        )
    word, *rest = tokens
    if word.text == Outcome.ALLOW:
        raise word.fault("rule_outcome", "a rule can only add findings, so it cannot allow anything.")
    if word.text not in OUTCOMES:
        raise word.fault(
            "rule_outcome",
            f"{shown(word.text)} is not something to ask for; known are {_listed(OUTCOMES)}.",
            nearest(word.text, OUTCOMES),
        )
    outcome = Outcome(word.text)
    if outcome is not Outcome.DELAY:
        if rest:
            raise rest[0].fault("rule_outcome", f"nothing stands after {outcome}.", "" if len(rest) == 1 else None)
        return outcome, None
    if not rest:
        raise RuleFault("rule_delay", _DELAY_ADVICE, word.at + len(word.text) + 1, 0, " 24")
    if rest[0].kind != "number":
        raise rest[0].fault("rule_delay", _DELAY_ADVICE, "24" if len(rest) == 1 else None)
    if len(rest) > 1:
        raise rest[1].fault("rule_outcome", "nothing stands after the hours of a delay.")
    units, decimals, _ = number(rest[0])
    if decimals or not 1 <= units <= MAX_DELAY_HOURS:
        raise rest[0].fault("rule_delay", _DELAY_ADVICE)
    return outcome, units


class _Reader:
    """Turns what Python's parser made of the condition into our tree, checking each kind on the way."""

    def __init__(self, line: str, tokens: list[Token], catalogue: Catalogue) -> None:
        self.line = line
        self.tokens = {token.at: token for token in tokens}
        self.catalogue = catalogue
        self.start = tokens[0].at
        self.end = tokens[-1].at + len(tokens[-1].text)

    def read(self) -> Condition:
        return self.condition(self.parsed(), 1)

    def parsed(self) -> ast.expr:
        """What Python makes of it. A duration is blanked to its digits; nothing moves, so columns stay true."""
        source = list(self.line[self.start : self.end])
        for token in self.tokens.values():
            if token.kind == "number" and token.text[-1] in "hd":
                source[token.at + len(token.text) - 1 - self.start] = " "
        try:
            return ast.parse("".join(source), mode="eval").body
        except SyntaxError as bad:
            raise self.unreadable(self.start + max((bad.offset or 1) - 1, 0)) from None
        except (RecursionError, MemoryError):
            # The bounds on tokens and nesting keep this from happening, unless the caller's own stack is nearly full.
            raise RuleFault(
                "rule_too_deep", "too much stands inside one another.", self.start + 1, self.end - self.start
            ) from None

    def unreadable(self, at: int) -> RuleFault:
        """A fault at the token where Python stopped reading."""
        start = max((known for known in self.tokens if known <= at), default=self.start)
        return self.tokens[start].fault(
            "rule_syntax", f"{shown(self.tokens[start].text)} does not fit here; is something missing before it?"
        )

    def fault(self, code: str, reason: str, node: ast.expr, suggestion: str | None = None) -> RuleFault:
        start, end = self.start + node.col_offset, self.start + (node.end_col_offset or node.col_offset)
        if self.line[end : end + 1] in ("h", "d"):  # the unit of a duration, which Python did not see
            end += 1
        return RuleFault(code, reason, start + 1, end - start, suggestion)

    def deeper(self, node: ast.expr, depth: int) -> int:
        if depth > MAX_DEPTH:
            raise self.fault("rule_too_deep", f"more than {MAX_DEPTH} operators inside one another.", node)
        return depth + 1

    # Conditions

    def condition(self, node: ast.expr, depth: int) -> Condition:
        deeper = self.deeper(node, depth)
        match node:
            case ast.BoolOp():
                parts = [self.condition(part, deeper) for part in node.values]
                return _all(parts) if isinstance(node.op, ast.And) else _some(parts)
            case ast.UnaryOp(op=ast.Not()):
                return Not(self.condition(node.operand, deeper))
            case ast.Compare():
                return self.compared(node, deeper)
            case ast.Name():
                fact = self.fact(node)
                if fact.type.kind is Kind.BOOL:
                    return fact
                raise self.fault(
                    "rule_not_condition",
                    f"{fact.name} is {_said(fact.type.kind)}, neither true nor false; compare it with something.",
                    node,
                )
            case ast.Constant() | ast.BinOp() | ast.UnaryOp() | ast.Call():
                self.value(node, depth)  # what is wrong inside it comes first
                raise self.fault(
                    "rule_not_condition", "this is a value, neither true nor false; compare it with something.", node
                )
        raise self.no_sentence(node)

    def compared(self, node: ast.Compare, depth: int) -> Condition:
        sides = [node.left, *node.comparators]
        if any(isinstance(op, ast.In | ast.NotIn) for op in node.ops):
            if len(node.ops) > 1:
                raise self.fault("rule_chain", "`in` does not stand in a chain; join two comparisons with `and`.", node)
            member = self.member(node.left, node.comparators[0], depth)
            return Not(member) if isinstance(node.ops[0], ast.NotIn) else member
        ops = [_COMPARE[type(op)] for op in node.ops]  # the tokens let no other comparison through
        if len(ops) > 1 and not any(set(ops) <= chain for chain in _CHAINS):
            raise self.fault(
                "rule_chain", "a chain runs in one direction, as in 1 < x <= 5; join comparisons with `and`.", node
            )
        values = [self.value(side, depth) for side in sides]
        pairs: list[Condition] = []
        for i, op in enumerate(ops):
            pairs.append(self.pair(node, (sides[i], values[i]), op, (sides[i + 1], values[i + 1])))
        return _all(pairs)

    def pair(
        self, node: ast.Compare, left: tuple[ast.expr, Number | Text], op: str, right: tuple[ast.expr, Number | Text]
    ) -> Leaf:
        (left_node, a), (right_node, b) = left, right
        for side, value in (left, right):
            if isinstance(value, Fact) and value.type.kind in (Kind.BOOL, Kind.TEXTS):
                raise self.no_comparison(side, value)
        if is_text(a) or is_text(b):
            if not (is_text(a) and is_text(b)):
                raise self.text_and_number(left, right)
            if op not in ("==", "!="):
                raise self.fault("rule_kinds", "text has no order; compare it with == or !=, or use `in`.", node)
        else:
            assert not isinstance(a, Text)
            assert not isinstance(b, Text)
            self.same_kind(a, b, node)
        if not facts_of(a) and not facts_of(b):
            raise self.fault("rule_constant", "neither side is a fact, so this is always true or always false.", node)
        if op in ("==", "!="):
            self.can_be_equal(a, b, right_node)
            self.can_be_equal(b, a, left_node)
        return Comparison(a, op, b)

    def member(self, item_node: ast.expr, set_node: ast.expr, depth: int) -> Membership:
        item = self.value(item_node, depth)
        if isinstance(item, Fact) and item.type.kind in (Kind.BOOL, Kind.TEXTS):
            raise self.fault(
                "rule_set", f"{item.name} is {_said(item.type.kind)}; only a value is in a set.", item_node
            )
        if isinstance(set_node, ast.Name):
            fact = self.fact(set_node)
            if fact.type.kind is not Kind.TEXTS:
                raise self.fault(
                    "rule_set",
                    f"{fact.name} is {_said(fact.type.kind)}, not a set; to compare, write ==.",
                    set_node,
                )
            if not is_text(item):
                raise self.fault("rule_kinds", f"{fact.name} holds texts, and this is a number.", item_node)
            self.can_be_equal(fact, item, item_node)
            return Membership(item, fact)
        if not isinstance(set_node, ast.Set | ast.List | ast.Tuple) or not set_node.elts:
            raise self.fault(
                "rule_set", "after `in` stands a set, as in {'DE', 'FR'}, or a fact that is a set.", set_node
            )
        if not facts_of(item):
            raise self.fault(
                "rule_constant", "no fact is asked about, so this is always true or always false.", item_node
            )
        members = [(node, self.value(node, depth)) for node in set_node.elts]
        texts, numbers = set[Text](), set[Literal]()
        for node, member in members:
            match member:
                case Text() if is_text(item):
                    self.can_be_equal(item, member, node)
                    texts.add(member)
                case Literal() if not is_text(item):
                    assert not isinstance(item, Text)
                    self.same_kind(item, member, node)
                    self.can_be_equal(item, member, node)
                    numbers.add(member)
                case Text() | Literal():
                    raise self.fault(
                        "rule_kinds",
                        f"{self.source(item_node)} is {_said(_kind(item))}, and this is {_said(_kind(member))}.",
                        node,
                    )
                case _:
                    raise self.fault("rule_set", "the members of a set are numbers or texts as they are.", node)
        if texts:
            return Membership(item, tuple(sorted(texts, key=lambda text: text.value)))
        return Membership(item, tuple(sorted(numbers, key=_in_order(numbers))))

    # Values

    def value(self, node: ast.expr, depth: int) -> Number | Text:
        deeper = self.deeper(node, depth)
        match node:
            case ast.Constant():
                return self.literal(node)
            case ast.Name():
                return self.fact(node)
            case ast.UnaryOp(op=ast.USub()):
                operand = self.number(node.operand, deeper)
                if isinstance(operand, Literal):
                    return Literal(-operand.units, operand.decimals, operand.kind)
                return Negative(operand, operand.shape)
            case ast.UnaryOp(op=ast.UAdd()):
                value = self.source(node.operand)
                raise self.fault("rule_sign", "a plus before a value means nothing; leave it out.", node, value)
            case ast.BinOp():
                op = _ARITHMETIC[type(node.op)]  # the tokens let no other arithmetic through
                left, right = self.number(node.left, deeper), self.number(node.right, deeper)
                return Arithmetic(op, left, right, self.calculated(op, left, right, node))
            case ast.Call():
                return self.called(node, deeper)
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp():
                raise self.fault("rule_not_value", "this is a condition, which has no value to calculate with.", node)
        raise self.no_sentence(node)

    def number(self, node: ast.expr, depth: int) -> Number:
        value = self.value(node, depth)
        if isinstance(value, Text) or _kind(value) not in NUMERIC:
            raise self.fault("rule_kinds", f"{_said(_kind(value))} cannot be calculated with.", node)
        return value

    def literal(self, node: ast.Constant) -> Literal | Text:
        token = self.tokens[self.start + node.col_offset]
        if token.kind == "text":
            return Text(token.text[1:-1])
        units, decimals, duration = number(token)
        return Literal(units, decimals, Kind.HOURS if duration else Kind.NUMBER)

    def fact(self, node: ast.Name) -> Fact:
        known = self.catalogue.get(node.id)
        if known is not None:
            return Fact(node.id, known, Shape(known.kind, known.decimals, MAX_WHOLE_DIGITS, False))
        if node.id in FUNCTIONS:
            raise self.fault("rule_function", f"{node.id} is a function; give it its numbers in brackets.", node)
        raise self.fault("rule_fact", f"unknown fact {shown(node.id)}.", node, nearest(node.id, self.catalogue))

    def called(self, node: ast.Call, depth: int) -> Function:
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
            raise self.fault(
                "rule_function",
                f"{self.source(node.func)} is not a function; known are {_listed(FUNCTIONS)}.",
                node.func,
                nearest(node.func.id, FUNCTIONS) if isinstance(node.func, ast.Name) else None,
            )
        name = node.func.id
        one = name == "abs"
        if (len(node.args) != 1) if one else (len(node.args) < 2):
            wants = "one number" if one else "two numbers or more"
            raise self.fault("rule_function", f"{name} takes {wants}, not {len(node.args)}.", node)
        arguments = tuple(self.number(argument, depth) for argument in node.args)
        shape = arguments[0].shape
        for argument, place in zip(arguments[1:], node.args[1:], strict=True):
            kind = self.mixed(shape, argument.shape, place)
            shape = Shape(
                kind,
                max(shape.decimals, argument.shape.decimals),
                max(shape.whole, argument.shape.whole),
                shape.fixed and argument.shape.fixed,
            )
        return Function(name, arguments, self.bounded(shape, node))

    def calculated(self, op: str, left: Number, right: Number, node: ast.BinOp) -> Shape:
        a, b = left.shape, right.shape
        fixed = a.fixed and b.fixed
        if op != "*":
            kind = self.mixed(a, b, node)
            return self.bounded(Shape(kind, max(a.decimals, b.decimals), max(a.whole, b.whole) + 1, fixed), node)
        if a.kind not in PLAIN and b.kind not in PLAIN:
            raise self.fault(
                "rule_kinds", f"{_said(a.kind)} times {_said(b.kind)} means nothing; one side is a plain number.", node
            )
        kind = b.kind if a.kind in PLAIN and (b.kind not in PLAIN or a.kind is Kind.COUNT) else a.kind
        return self.bounded(Shape(kind, a.decimals + b.decimals, a.whole + b.whole, fixed), node)

    # What fits together

    def mixed(self, a: Shape, b: Shape, node: ast.expr) -> Kind:
        """The kind of two numbers added or compared. A plain number as written takes the kind of the other."""
        if a.kind is b.kind:
            return a.kind
        if a.kind in PLAIN and b.kind in PLAIN:
            return Kind.NUMBER
        if a.fixed and a.kind in PLAIN:
            return b.kind
        if b.fixed and b.kind in PLAIN:
            return a.kind
        raise self.fault("rule_kinds", f"{_said(a.kind)} and {_said(b.kind)} do not mix.", node)

    def same_kind(self, a: Number, b: Number, node: ast.expr) -> None:
        self.mixed(a.shape, b.shape, node)
        shape = Shape(a.shape.kind, max(a.shape.decimals, b.shape.decimals), max(a.shape.whole, b.shape.whole), False)
        self.bounded(shape, node)

    def bounded(self, shape: Shape, node: ast.expr) -> Shape:
        if shape.whole + shape.decimals > MAX_DIGITS:
            raise self.fault("rule_too_large", f"the result could have more than {MAX_DIGITS} digits.", node)
        return shape

    def can_be_equal(self, a: Number | Text, b: Number | Text, node: ast.expr) -> None:
        """A misspelt text, or half of something counted in whole, would make a rule that never fires."""
        if isinstance(b, Text) and isinstance(a, Fact) and a.type.values and b.value not in a.type.values:
            instead = nearest(b.value, a.type.values)
            raise self.fault(
                "rule_never_equal",
                f"{a.name} is never {shown(b.value)}; it is {_listed(sorted(a.type.values), 8)}.",
                node,
                None if instead is None else f"'{instead}'",
            )
        if isinstance(b, Literal) and not isinstance(a, Text) and b.decimals > a.shape.decimals:
            raise self.fault(
                "rule_never_equal",
                f"the other side has {a.shape.decimals or 'no'} decimals, so it is never this; use < or >.",
                node,
            )

    def no_comparison(self, node: ast.expr, fact: Fact) -> RuleFault:
        if fact.type.kind is Kind.BOOL:
            return self.fault(
                "rule_kinds", f"{fact.name} is yes or no: write it by itself, or `not {fact.name}`.", node
            )
        return self.fault("rule_kinds", f"{fact.name} is a set; ask whether something is `in {fact.name}`.", node)

    def text_and_number(self, left: tuple[ast.expr, Number | Text], right: tuple[ast.expr, Number | Text]) -> RuleFault:
        """The side that was written out is the likelier mistake; its quotes are too many or missing."""
        (node, value), (other_node, other) = (left, right) if isinstance(left[1], Literal | Text) else (right, left)
        instead = None
        if isinstance(value, Text) and value.value.isdecimal():
            instead = value.value
        elif isinstance(value, Literal):
            instead = f"'{self.source(node)}'"
        return self.fault(
            "rule_kinds",
            f"{self.source(other_node)} is {_said(_kind(other))} and {self.source(node)} is {_said(_kind(value))}; "
            "compare like with like.",
            node,
            instead,
        )

    def no_sentence(self, node: ast.expr) -> RuleFault:
        """Parts of Python that the tokens let through and that no rule has."""
        match node:
            case ast.Tuple():
                return self.fault("rule_syntax", "a comma stands only in a set and between a function's numbers.", node)
            case ast.Set() | ast.List() | ast.Dict():
                return self.fault("rule_set", "a set stands only after `in`.", node)
            case ast.Subscript():
                return self.fault("rule_syntax", "facts have no parts; write the fact's whole name.", node)
        return self.fault("rule_syntax", "a star stands only between two values.", node)

    def source(self, node: ast.expr) -> str:
        text = self.line[self.start + node.col_offset : self.start + (node.end_col_offset or 0)]
        return text if len(text) <= 40 else f"{text[:39]}…"


def _all(parts: Sequence[Condition]) -> Condition:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, All) else (part,))]
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def _some(parts: Sequence[Condition]) -> Condition:
    return Some(tuple(inner for part in parts for inner in (part.parts if isinstance(part, Some) else (part,))))


def _kind(value: Number | Text) -> Kind:
    return Kind.TEXT if isinstance(value, Text) else value.type.kind if isinstance(value, Fact) else value.shape.kind


def _in_order(numbers: set[Literal]) -> Callable[[Literal], int]:
    decimals = max((literal.decimals for literal in numbers), default=0)
    return lambda literal: literal.units * 10 ** (decimals - literal.decimals)


def _said(kind: Kind) -> str:
    return {Kind.COUNT: "a count", Kind.NUMBER: "a number", Kind.TEXTS: "a set of text"}.get(kind, str(kind))


def _listed(words: object, most: int = 20) -> str:
    assert isinstance(words, Mapping | Sequence)
    known = [str(word) for word in words]
    return ", ".join(known[:most]) + (", …" if len(known) > most else "")
