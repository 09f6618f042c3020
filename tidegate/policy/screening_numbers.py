"""The numbers of screening: what is confusable, what a list's category asks for, when a name is a hit.

A part of the policy pack (`screening`). A pack from before these checks has none; asking for it then is refused
with `no_screening`, like every number that a policy does not say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tidegate.policy.reading import Reader

ACTIONS = ("allow", "warn", "review", "decline", "freeze")
"""What a hit asks for. `allow` informs, `warn` is a review that the customer may insist on after a warning."""

ANY = "*"

_NAME = re.compile(r"\*|[a-z0-9][a-z0-9_-]{0,63}")
_SHARE = re.compile(r"0\.[0-9]{1,4}|1(\.0{1,4})?")


@dataclass(frozen=True, slots=True)
class LookAlike:
    """From how many equal characters on two addresses are confusable."""

    lead: int  # at least so many at the beginning, and
    tail: int  # at least so many at the end, and
    score: int  # at least so many together;
    one_end: int  # or so many at one end alone


@dataclass(frozen=True, slots=True)
class ScreeningNumbers:
    """One version of them."""

    look_alike: LookAlike
    actions: Mapping[str, Mapping[str, str]]  # list (or *) -> category (or *) -> action
    insist_hours: int  # a warning that was acknowledged counts so long
    allow_list_off_hours: int  # switching the allow-list off takes so long
    allow_list_entry_hours: int  # a new entry of a book waits so long while the allow-list is on
    name_show: Decimal  # from this score on a name is shown to a person
    name_hit: Decimal  # from this score on it is a hit

    def action(self, list: str, category: str) -> str:
        """What a hit asks for. A word on the category comes before a word on the list as a whole: otherwise
        "everything on this list informs" would let a sanctioned address through."""
        own, general = self.actions.get(list, {}), self.actions[ANY]
        said = own.get(category) or general.get(category) or own.get(ANY) or general.get(ANY)
        assert said is not None  # a pack without *.* is refused when it is read
        return said


def read(reader: Reader, value: object) -> ScreeningNumbers:
    """The section `screening` of a pack; faults go to the reader."""
    top = reader.section("screening", value, "look_alike", "actions", "insist_hours", "allow_list", "names")
    alike = reader.section("screening.look_alike", top["look_alike"], "lead", "tail", "score", "one_end")
    allow = reader.section("screening.allow_list", top["allow_list"], "off_hours", "entry_hours")
    names = reader.section("screening.names", top["names"], "show", "hit")
    numbers = ScreeningNumbers(
        # Below three characters the index of ends would not find what the rule asks for.
        LookAlike(*(reader.whole(f"screening.look_alike.{key}", alike[key], 3, 20) for key in alike)),
        _actions(reader, top["actions"]),
        reader.whole("screening.insist_hours", top["insist_hours"], 1, 24 * 30),
        reader.whole("screening.allow_list.off_hours", allow["off_hours"], 1, 24 * 30),
        reader.whole("screening.allow_list.entry_hours", allow["entry_hours"], 0, 24 * 30),
        _share(reader, "screening.names.show", names["show"]),
        _share(reader, "screening.names.hit", names["hit"]),
    )
    if numbers.name_show > numbers.name_hit:
        reader.fault("screening.names.show", "must not be above hit: what is a hit is shown")
    return numbers


def _actions(reader: Reader, value: object) -> dict[str, dict[str, str]]:
    path = "screening.actions"
    tables: dict[str, dict[str, str]] = {}
    for name, table in reader.entries(path, value, _NAME, "a list's name or *").items():
        tables[name] = {}
        for category, action in reader.entries(f"{path}.{name}", table, _NAME, "a category or *").items():
            here = f"{path}.{name}.{category}"
            if not isinstance(action, str) or action not in ACTIONS:
                reader.fault(here, f"is {action!r}; it must be one of {', '.join(ACTIONS)}")
            elif category == "sanctions" and action not in ("decline", "freeze"):
                reader.fault(here, f"is {action!r}; who is sanctioned is declined or frozen, never paid")
            else:
                tables[name][category] = action
    if isinstance(value, Mapping) and ANY not in tables.get(ANY, {}):
        reader.fault(f"{path}.*.*", "is missing: what no line names needs an action too")
    if "sanctions" not in tables.get(ANY, {}) and isinstance(value, Mapping):
        reader.fault(f"{path}.*.sanctions", "is missing: it must be decline or freeze")
    return tables


def _share(reader: Reader, path: str, value: object) -> Decimal:
    if isinstance(value, str) and _SHARE.fullmatch(value):
        return Decimal(value)
    if isinstance(value, str):
        reader.fault(path, f'is {value[:20]!r}; it must be a share from "0.0" to "1.0"')
    elif isinstance(value, bool | int | float | list | Mapping) or value is None:
        reader.fault(path, 'must be a decimal string like "0.70"')
    return Decimal(1)
