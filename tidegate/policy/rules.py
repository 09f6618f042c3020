"""The section `rules` of a policy pack: the analysts' rules, each with its name, its line and whether it acts.

A stored pack keeps the lines as they were written. Which facts there are is known above this room, so whoever
proposes a pack hands in the catalogue, and every line is read against it before the pack is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tidegate.base.canonical import digest
from tidegate.base.refusals import FieldError
from tidegate.policy.language import Catalogue, Rule, RuleFault, check
from tidegate.policy.language.bounds import MAX_RULES
from tidegate.policy.language.reading import check_name
from tidegate.policy.reading import Reader

NO_FACTS: Catalogue = {}
"""Without a catalogue no rule can be right, so a pack that has rules is refused."""


class Mode(StrEnum):
    """Whether a rule acts."""

    LIVE = "live"  # its findings count
    SHADOW = "shadow"  # evaluated and written down beside the decision, never part of it
    OFF = "off"  # kept, not evaluated


@dataclass(frozen=True, slots=True)
class PackRule:
    """One rule as its authors wrote it."""

    name: str
    when: str  # the line: "amount_usd > 1000 -> review"
    mode: Mode
    message: str = ""  # an analyst's note, for analysts


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules of one pack, in order. Two books are the same when their key is: that is what is cached by."""

    lines: tuple[PackRule, ...] = field(default=(), compare=False)
    key: str = ""  # hash of the lines; "" = no rules

    def of(self, mode: Mode) -> dict[str, str]:
        """Name -> line of the rules in this mode."""
        return {rule.name: rule.when for rule in self.lines if rule.mode is mode}

    def named(self, name: str) -> PackRule:
        """The rule of this name. Raises LookupError."""
        found = next((rule for rule in self.lines if rule.name == name), None)
        if found is None:
            raise LookupError(f"no rule {name}")
        return found


NO_RULES = RuleBook()


@dataclass(frozen=True, slots=True)
class BadRule(FieldError):
    """What is wrong with one rule: which, where in its line, and what would be right."""

    rule: str
    column: int  # from 1
    length: int  # 0 = something is missing there
    suggestion: str | None


def read(reader: Reader, path: str, value: object) -> RuleBook:
    """The section as data; faults of shape go to the reader. What the lines mean, `faults` says."""
    found: list[PackRule] = []
    for here, item in reader.lines(path, value):
        line = reader.section(here, item, "name", "when", "mode", optional=("message",))
        name, when = _string(reader, f"{here}.name", line["name"]), _string(reader, f"{here}.when", line["when"])
        mode = Mode(reader.choice(f"{here}.mode", line["mode"], tuple(Mode)))
        message = reader.text(f"{here}.message", line["message"]) if "message" in line else ""
        found.append(PackRule(name, when, mode, message))
    if not found:
        return NO_RULES
    return RuleBook(tuple(found), digest(found))


def faults(book: RuleBook, catalogue: Catalogue, path: str = "rules") -> list[FieldError]:
    """Everything that is wrong with the rules themselves, also with those that are off: they may be switched on."""
    wrong: list[FieldError] = []
    seen: dict[str, str] = {}
    for place, rule in enumerate(book.lines):
        here = f"{path}[{place}]"
        try:
            if place >= MAX_RULES:
                raise RuleFault("rule_pack", f"a pack has at most {MAX_RULES} rules.", 1, 0)
            check_name(rule.name)
        except RuleFault as fault:
            wrong.append(_bad(f"{here}.name", rule, fault))
            continue
        other = seen.setdefault(_look(rule.name), rule.name)
        if other != rule.name or [r.name for r in book.lines[:place]].count(rule.name):
            wrong.append(
                BadRule(
                    f"{here}.name",
                    "rule_name_taken" if other == rule.name else "rule_name_alike",
                    f"Rule {rule.name}: there is a rule {other} before it; people must be able to tell rules apart.",
                    rule.name,
                    1,
                    len(rule.name),
                    None,
                )
            )
        try:
            check(rule.when, catalogue)
        except RuleFault as fault:
            wrong.append(_bad(f"{here}.when", rule, fault))
    return wrong


def understood(book: RuleBook, modes: Sequence[Mode], catalogue: Catalogue) -> dict[str, Rule]:
    """The rules of these modes by name, read again. Raises RuleFault for a line that is no rule over these facts."""
    return {rule.name: check(rule.when, catalogue) for rule in book.lines if rule.mode in modes}


def with_rule(pack: Mapping[str, object], line: Mapping[str, str]) -> dict[str, object]:
    """A pack that was read before, with this rule in the place of the one of its name, or at the end."""
    kept = pack.get("rules", [])
    assert isinstance(kept, list)  # it was read
    names = [rule["name"] for rule in kept]
    if line["name"] in names:
        return {
            **pack,
            "rules": [line if name == line["name"] else rule for name, rule in zip(names, kept, strict=True)],
        }
    return {**pack, "rules": [*kept, line]}


_ALIKE: Mapping[int, str] = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "_": ""})


def _look(name: str) -> str:
    """What a hurried reader sees: `drain_1` and `drainl` are one name to them."""
    return name.translate(_ALIKE).replace("rn", "m").replace("vv", "w")


def _bad(field: str, rule: PackRule, fault: RuleFault) -> BadRule:
    name = rule.name if len(rule.name) <= 64 and rule.name.isascii() else ascii(rule.name[:64])
    return BadRule(
        field, fault.code, f"Rule {name}: {fault.message}", name, fault.column, fault.length, fault.suggestion
    )


def _string(reader: Reader, path: str, value: object) -> str:
    """Any text: what is in it, the language judges with a column and a reason."""
    if isinstance(value, str):
        return value
    if not reader.absent(value):
        reader.fault(path, "must be text")
    return ""
