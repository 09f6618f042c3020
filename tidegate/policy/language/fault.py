"""What is wrong with a rule: where, why, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.base.refusals import Malformed
from tidegate.policy.language.bounds import MAX_NAME

FAULTS = {
    "rule_empty": "The line is empty.",
    "rule_too_long": "The line has too many characters.",
    "rule_too_many_parts": "The line has too many words, numbers and signs.",
    "rule_too_deep": "Too many brackets or operators stand inside one another.",
    "rule_not_ascii": "A character is not plain ASCII, though it may look so.",
    "rule_sign": "A sign is not part of the language.",
    "rule_word": "A word of Python is not part of the language.",
    "rule_number": "A number is written in a way that could be misread, or has too many digits.",
    "rule_text": "A quoted text has no end, a prefix, a backslash, or is too long.",
    "rule_bracket": "A bracket has no partner.",
    "rule_syntax": "The words do not make a sentence.",
    "rule_outcome_missing": "The line does not say what it asks for.",
    "rule_outcome": "What the line asks for is not something a rule may ask for.",
    "rule_delay": "A delay needs whole hours within bounds.",
    "rule_fact": "No fact has this name.",
    "rule_function": "No function has this name, or it takes other arguments.",
    "rule_kinds": "Two kinds of value do not mix.",
    "rule_not_condition": "Something that is neither true nor false stands where a condition should.",
    "rule_not_value": "Something that has no value stands where a value should.",
    "rule_constant": "A comparison looks at no fact, so it is always true or always false.",
    "rule_never_equal": "The two sides can never be the same.",
    "rule_chain": "A chain of comparisons does not run in one direction.",
    "rule_set": "What stands after `in` is not a set.",
    "rule_too_large": "The result could have too many digits.",
    "rule_pack": "The pack has too many rules, or a rule's name is not a name.",
}
"""Every code a RuleFault may carry, and what it means."""


class RuleFault(Malformed):
    """A rule that cannot be saved.

    `column` counts from 1 and `length` may be 0 (something is missing there). `suggestion` is the text that,
    put in place of the marked part, would be right; None where only the author knows.
    """

    def __init__(self, code: str, reason: str, column: int, length: int, suggestion: str | None = None) -> None:
        assert code in FAULTS, code
        mean = f" Did you mean {suggestion.strip()}?" if suggestion is not None and suggestion.strip() else ""
        super().__init__(code, f"Column {column}: {reason}{mean}")
        self.reason = reason
        self.column = column
        self.length = length
        self.suggestion = suggestion


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name that `word` was probably meant to be: by the fewest typing errors, at most a third of its letters."""
    if len(word) > MAX_NAME:
        return None
    best, fewest = None, max(1, min(3, len(word) // 3)) + 1
    for name in sorted(names):
        errors = _errors(word.lower(), name.lower(), fewest - 1)
        if errors is not None:
            best, fewest = name, errors
    return best


def shown(text: str) -> str:
    """A piece of a rule, fit for a message: short, and nothing unprintable in it."""
    return ascii(text) if len(text) <= 40 else f"{text[:40]!a}…"


def _errors(a: str, b: str, most: int) -> int | None:
    """Letters left out, added, changed or swapped with their neighbour between a and b; None = more than `most`."""
    if most < 0 or abs(len(a) - len(b)) > most:
        return None
    before, last = [0] * (len(b) + 1), list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        now = [i]
        for j, other in enumerate(b, 1):
            errors = min(last[j] + 1, now[-1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                errors = min(errors, before[j - 2] + 1)
            now.append(errors)
        if min(now) > most:
            return None
        before, last = last, now
    return last[-1] if last[-1] <= most else None
