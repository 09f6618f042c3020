"""What whole packs mean, in the units that decisions count in: every number of them, at the place where it is used.

The page policy_meant.txt is read by people: after a change that is meant, TIDEGATE_AGREE=1 pytest tests/rules, and read
the difference.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from tidegate.policy import flow as policies
from tidegate.policy.pack import faults, parse

PAGE = Path(__file__).parent / "policy_meant.txt"
DEMO = policies.shipped("demo")
OLDEST = ("limits_24h", "new_address", "credential_hold_hours", "confirmation", "jurisdictions", "review", "fees",
          "network_fee_ceiling", "fixed_prices", "required_lists", "authorisation_minutes")  # fmt: skip
"""What every pack says; stored versions never change, and the first said no more."""


def _rule(ask: str, **more: object) -> dict[str, object]:
    return {"ask": ask, "since": "2026-01-01", "source": "a clause", **more}


MORE: dict[str, Any] = {
    "places": {
        "AE-DU": {
            "standing": "restricted",
            "since": "2026-01-02",
            "source": "a law",
            "rules": [
                _rule("travel_rule", amount="3500", currency="AED", over="more_than", fields="extended"),
                _rule("ownership_proof", amount="1000", currency="EUR", over="at_least", until="2027-01-01"),
                _rule("delay", event="each_purchase", hours=24, spared_by_travel_rule=True),
                _rule("out_cap", amount="3000", currency="USD", assets="stablecoin", hours=23),
                _rule("cap_with_travel_rule", percent=200),
                _rule("allow_list"),
                _rule("description", characters=20),
                _rule("exempt_share", percent=5),
                _rule("note", words="ask a lawyer"),
            ],
        }
    },
    "operator": "DE",
    "fx": {"EUR": "1.08"},
    "stablecoins": ["USDT@evm-local"],
    "limits": [
        {"scope": "address", "hours": 1, "usd": "11.5"},
        {"scope": "platform", "hours": "lifetime", "usd": "12"},
    ],
    "limits_per_transaction": {"ETH@evm-local": "13"},
    "check_failures": [
        {"check": "vendor_a", "on_error": "decline", "on_timeout": "ignore", "until": "2026-12-31T00:00:00Z"},
    ],
    "outside_checks": [{"check": "vendor_b", "from_value": "14.000001"}],
    "deciding": {"outside_seconds": 7, "reserved_minutes": 8},
    "travel_rule_wait_hours": 25,
    "loosening_hours": 26,
    "rules": [{"name": "one", "when": "amount_usd > 5 -> review", "mode": "live", "message": "Looked at"}],
}


def meant(value: Any, path: str = "") -> Iterator[str]:
    """One line per value, below the names that the code has for it; what a dataclass says of itself has none."""
    if is_dataclass(value):
        inner = {field.name: getattr(value, field.name) for field in fields(value)}
        inner = {field.name: inner[field.name] for field in fields(value) if inner[field.name] != field.default}
    elif isinstance(value, Mapping):
        inner = {str(key): value[key] for key in value}
    elif isinstance(value, tuple | list) and any(is_dataclass(one) for one in value):
        inner = {str(place): one for place, one in enumerate(value)}
    else:
        shown = str(value) if isinstance(value, StrEnum | date | Decimal) else value
        yield f"    {path} = {sorted(value) if isinstance(value, frozenset) else repr(shown)}"
        return
    for name, one in inner.items():
        yield from meant(one, f"{path}.{name}" if path else name)


def test_what_three_packs_mean_to_the_last_number() -> None:
    first, demo, more = (
        list(meant(parse(pack, 7))) for pack in ({key: DEMO[key] for key in OLDEST}, DEMO, {**DEMO, **MORE})
    )
    packs = {
        "the first packs that were ever stored, in the demo's numbers": first,
        "the demo's own pack, beside that": [line for line in demo if line not in first],
        "a pack that uses everything, beside that": [line for line in more if line not in demo],
    }
    said = "".join(f"{name}\n" + "".join(f"{line}\n" for line in lines) for name, lines in packs.items())
    if os.environ.get("TIDEGATE_AGREE"):
        PAGE.write_text(said)
    assert said == PAGE.read_text()


EVERYTHING: dict[str, Any] = {**DEMO, **MORE, "rules": []}
NEWER = {
    "behaviour", "check_failures", "deciding", "factors", "fx", "indicators", "limits", "limits_per_transaction",
    "loosening_hours", "market", "merchants", "operator", "outside_checks", "p2p", "places", "rating", "retention",
    "rules", "screening", "standing", "stablecoins", "travel_rule_wait_hours", "behaviour.session",
    "behaviour.velocity", "behaviour.history", "behaviour.units", "behaviour.egress",
}  # fmt: skip
"""What a pack may leave out, because some are older than that."""
OPEN = (
    "behaviour.units.supply.coins", "fees", "fixed_prices", "fx", "jurisdictions.countries", "limits_24h", "places",
    "limits_per_transaction", "merchants.bond", "network_fee_ceiling", "p2p.currencies", "screening.actions.*",
)  # fmt: skip
"""Where each line is one thing that somebody chose to name."""


def below(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every place of a pack from one on, but for those in lists."""
    yield path
    for key, inner in value.items() if isinstance(value, Mapping) else ():
        yield from below(inner, (*path, key))


def first_fault(path: tuple[str, ...], instead: object) -> str | None:
    """What is wrong first with the pack that has something else at one place; `...` takes the key away."""
    pack = {key: DEMO[key] for key in OLDEST} | {path[0]: copy.deepcopy(EVERYTHING[path[0]])}
    place: Any = pack
    for key in path[:-1]:
        place = place[key]
    if instead is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = instead
    return next((fault.field for fault in faults(pack)), None)


@pytest.mark.parametrize("section", sorted(EVERYTHING))
def test_what_is_wrong_is_said_where_it_is(section: str) -> None:
    for path in below(EVERYTHING[section], (section,)):
        here, above = ".".join(path), ".".join(path[:-1])
        assert first_fault(path, None) == here
        may_be_silent = here in NEWER or (above in OPEN and path[-1] not in ("*", "sanctions"))
        missing = first_fault(path, ...)
        assert missing is None if may_be_silent else (missing or "").startswith(here)
        if above:
            assert first_fault((*path[:-1], "surprise"), 1) == f"{above}.surprise"
