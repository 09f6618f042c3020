"""The tables of docs/guides/rules.md, made from what the language really knows."""

from __future__ import annotations

from tidegate.base.findings import Outcome
from tidegate.policy.language.bounds import MAX_DELAY_HOURS
from tidegate.policy.language.facts import Kind
from tidegate.policy.language.fault import FAULTS
from tidegate.policy.language.reading import FUNCTIONS, OUTCOMES

_KINDS = {
    Kind.MONEY: ("US dollars, to the sixth decimal", "`1000`, `0.5`"),
    Kind.UNITS: ("whole smallest units of the asset", "`1000000`"),
    Kind.NUMBER: ("without a unit: a score, a share, a level", "`0.85`"),
    Kind.COUNT: ("how many, whole", "`3`"),
    Kind.HOURS: ("a span of time", "`72`, `72h`, `3d`"),
    Kind.BOOL: ("stands by itself, or after `not`", ""),
    Kind.TEXT: ("`==`, `!=`, `in`, `not in`; no order", "`'DE'`"),
    Kind.TEXTS: ("stands after `in`", "`{'DE', 'FR'}`"),
}
_ASKS = {
    Outcome.STEP_UP: "a stronger factor",
    Outcome.DELAY: f"time to think: `delay 24`, `delay 2d`, at most {MAX_DELAY_HOURS} hours",
    Outcome.REVIEW: "a person",
    Outcome.DECLINE: "no",
    Outcome.FREEZE: "no, and nothing else leaves either",
}


def tables() -> str:
    """Kinds, functions, outcomes and faults, as Markdown."""
    return "\n\n".join(
        (
            _table("kind | what it is | written", [f"{kind} | {a} | {b}" for kind, (a, b) in _KINDS.items()]),
            _table("function | gives", [f"`{name}(…)` | {gives}" for name, gives in FUNCTIONS.items()]),
            _table("after `->` | asks for", [f"`{outcome}` | {_ASKS[outcome]}" for outcome in OUTCOMES]),
            _table("fault | means", [f"`{code}` | {means}" for code, means in FAULTS.items()]),
        )
    )


def _table(head: str, lines: list[str]) -> str:
    rule = "|".join("---" for _ in head.split("|"))
    return "\n".join([f"| {head} |", f"|{rule}|", *(f"| {line} |" for line in lines)])
