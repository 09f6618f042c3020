"""How a withdrawal is told: to its customer, to the platform, to a vendor, and what a lone decision may still become.

The hold letters of letters_of_holds.txt are read by people: after a change that is meant, TIDEGATE_AGREE=1 pytest
tests/rules, and read the difference.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from facts_kit import GOOD
from refusal_kit import refused

from tidegate.base.canonical import canonical, digest
from tidegate.base.findings import Finding, Outcome
from tidegate.base.money import Asset
from tidegate.withdrawals import answer, bundle, deciding
from tidegate.withdrawals.deciding import Lone
from tidegate.withdrawals.letter import Known, Letter, letter
from tidegate.withdrawals.vendors import question
from tidegate.withdrawals.withdrawal import Status, Withdrawal, payload_of

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
US = timedelta(microseconds=1)
USDT = Asset(1, "USDT", "evm-local", 6, None)
PAGE = Path(__file__).parent / "letters_of_holds.txt"
MADE = Withdrawal(
    id="wd_1", number=1, party_id="cus_1", requester="key_1", asset_id=1, network="evm-local", address="0x" + "12" * 20,
    memo="", saved_address_id="adr_1", units=12_500_000, fee_units=100_000, fee_ceiling_units=None, value=12_500_000,
    payload_hash="00", status=Status.AWAITING_CONFIRMATION, waiting_for=None, required_factor="totp", tries=0,
    decision_id="dec_1", release_at=NOW + timedelta(hours=24), expires_at=NOW + timedelta(minutes=15), cleared=[],
    confirmed_at=None, authorised_at=None, tx=None, created_at=NOW, changed_at=NOW + US, ended_at=None,
    required_factors=["totp", "mail"], used_factors=["totp"],
)  # fmt: skip
NEW = Finding("address_new", Outcome.DELAY, "W4", "", ends_at="2026-11-25T12:00:00Z")
LARGE = Finding("large_amount", Outcome.REVIEW, "W4", "")
FINE = Finding("address_saved", Outcome.ALLOW, "W4", "")
HARD = Finding("country_banned", Outcome.DECLINE, "W4", "")
SILENT = Finding("check_timed_out", Outcome.REVIEW, "W4", "", data={"check": "travel_rule"})
VENDOR = Finding("check_timed_out", Outcome.REVIEW, "W4", "", data={"check": "vendor_a"})
MISSING = Finding("travel_rule_pending", Outcome.REVIEW, "W4", "", data={"missing": "counterparty, beneficiary.name"})
S = Status
LETTERS: list[tuple[str, dict[str, Any], list[Finding], Known]] = [
    ("to be confirmed", {}, [NEW], Known()),
    ("to be confirmed by the code alone", {"required_factors": ["totp"], "used_factors": []}, [], Known()),
    ("delayed", {"status": S.DELAYED, "confirmed_at": NOW}, [NEW, LARGE], Known()),
    ("delayed, and one reason was let pass", {"status": S.DELAYED, "cleared": ["large_amount"]}, [NEW, LARGE], Known()),
    ("looked at by a person", {"status": S.IN_REVIEW}, [LARGE], Known()),
    ("looked at, and something is asked", {"status": S.IN_REVIEW}, [LARGE], Known(asked="source_of_funds")),
    ("looked at, after an appeal", {"status": S.IN_REVIEW}, [LARGE], Known(appeal="open")),
    ("waits for what only the customer knows", {"status": S.AWAITING_INFORMATION}, [MISSING, LARGE], Known()),
    ("waits for the answer to a question", {"status": S.AWAITING_INFORMATION}, [LARGE], Known(asked="receiver")),
    ("declined by a rule", {"status": S.DECLINED}, [LARGE, HARD], Known()),
    ("declined by a person", {"status": S.DECLINED, "confirmed_at": NOW}, [LARGE], Known()),
    ("declined after wrong codes", {"status": S.DECLINED}, [LARGE], Known()),
    ("declined, appealed and answered", {"status": S.DECLINED}, [HARD], Known(appeal="declined")),
    ("nobody confirmed in time", {"status": S.EXPIRED}, [NEW], Known()),
    ("nobody answered in time", {"status": S.EXPIRED, "confirmed_at": NOW}, [MISSING], Known()),
    ("the other side was silent", {"status": S.EXPIRED, "confirmed_at": NOW}, [SILENT], Known()),
    ("a vendor was silent", {"status": S.EXPIRED, "confirmed_at": NOW}, [VENDOR], Known()),
    ("approved, and something holds it", {"status": S.APPROVED, "waiting_for": "liquidity"}, [], Known()),
    ("approved", {"status": S.APPROVED}, [], Known()),
    ("on its way", {"status": S.PAYING}, [NEW], Known()),
    ("paid", {"status": S.SETTLED}, [NEW], Known()),
    ("cancelled", {"status": S.CANCELLED}, [HARD], Known()),
    ("seized", {"status": S.SEIZED}, [HARD], Known()),
]


def lines_of(said: Letter | None) -> list[str]:
    """A letter as people read it, in both languages."""
    if said is None:
        return ["no letter"]
    reasons = [f"because {r['code']}{r.get('missing', '')}: {r['en']} / {r['zh']}" for r in said.reasons]
    step, appeal = (f"{both['en']} / {both['zh']}" for both in (said.next_step, said.appeal))
    return [*reasons, f"until {said.ends_at}", f"to do: {step}", f"appeal: {appeal}"]


def test_every_letter_to_the_word() -> None:
    said = "".join(
        f"{name}\n" + "".join(f"    {line}\n" for line in lines_of(letter(replace(MADE, **but), findings, known)))
        for name, but, findings, known in LETTERS
    )
    if os.environ.get("TIDEGATE_AGREE"):
        PAGE.write_text(said)
    assert said == PAGE.read_text()


def test_what_the_platform_is_answered() -> None:
    made = replace(MADE, memo="7", description="rent", tx="0xabc", waiting_for="kill_switch")
    said = answer.as_json(made, USDT, Outcome.DELAY, [NEW], Known())
    hold = said.pop("hold")
    assert said == {
        "id": "wd_1",
        "customer": "cus_1",
        "status": "awaiting_confirmation",
        "waiting_for": "kill_switch",
        "required_factor": "totp",
        "required_factors": [{"factor": "totp", "done": True}, {"factor": "mail", "done": False}],
        "asset": "USDT",
        "network": "evm-local",
        "address": "0x" + "12" * 20,
        "memo": "7",
        "description": "rent",
        "amount": "12.5",
        "fee": "0.1",
        "net_amount": "12.4",
        "decision": {"id": "dec_1", "outcome": "delay", "findings": answer.findings([NEW])},
        "tx": "0xabc",
        "created_at": "2026-11-24T12:00:00Z",
        "changed_at": "2026-11-24T12:00:00.000001Z",
    }
    assert sorted(hold) == ["appeal", "ends_at", "next_step", "reasons"]
    assert hold["ends_at"] == "2026-11-24T12:15:00Z"
    (finding,) = answer.findings([NEW])
    assert (finding["code"], finding["outcome"]) == ("address_new", "delay")
    assert finding["message"] != finding["message_zh"]
    plain = answer.as_json(replace(MADE, status=S.SETTLED), USDT, Outcome.ALLOW, [], Known())
    assert (plain["hold"], plain["memo"], plain["description"]) == (None, None, None)


def test_what_the_customer_compares_before_they_confirm() -> None:
    lines = {
        "amount": "12.5", "fee": "0.1", "net": "12.4", "asset": "USDT", "network": "evm-local", "id": "wd_1",
        "address": "0x 1212 1212 1212 1212 1212 1212 1212 1212 1212 1212",
    }  # fmt: skip
    assert answer.as_lines(MADE, USDT) == lines
    assert answer.as_lines(replace(MADE, memo="7"), USDT) == lines | {"memo": "7"}


def test_a_vendor_is_told_the_same_bytes_each_time() -> None:
    facts = replace(GOOD, party_since=NOW - timedelta(days=1), memo="7", ownership="self_hosted", address_paid_at=NOW)
    assert question("out_1", "vendor_a", "wd_1", facts) == canonical(
        {
            "id": "out_1",
            "check": "vendor_a",
            "withdrawal": {
                "id": "wd_1",
                "customer": "cus_1",
                "customer_since": "2026-11-23T12:00:00Z",
                "country": "DE",
                "level": 2,
                "asset": "USDT",
                "network": "evm-local",
                "address": GOOD.address,
                "memo": "7",
                "units": "100000000",
                "value_usd": "100",
                "ownership": "self_hosted",
                "address_saved_at": "2026-11-21T12:00:00Z",
                "address_paid_before": True,
                "requested_at": "2026-11-24T12:00:00Z",
            },
        }
    )
    unknown = question("out_1", "vendor_a", "wd_1", GOOD)
    assert '"address_paid_before":false' in unknown
    assert '"customer_since":null' in unknown
    assert '"memo":null' in unknown


def test_what_is_confirmed_is_the_hash_of_the_row_as_it_is_now() -> None:
    made = replace(MADE, fee_ceiling_units=200_000, memo="7", description="rent")
    seen = ["wd_1", "cus_1", "USDT@evm-local", made.address, "7", "12500000", "100000", "200000", "rent"]
    assert payload_of(made, "USDT@evm-local") == digest(seen)
    assert payload_of(replace(made, description=""), "USDT@evm-local") == digest(seen[:-1])
    assert payload_of(replace(MADE, memo=""), "USDT@evm-local") == digest([*seen[:4], "", *seen[5:7], "None"])


@dataclass
class Row:
    id: str
    units: int
    value: int | None
    count: int


def test_a_bundle_holds_everything_and_whole_units_as_text() -> None:
    row = Row("wd_1", 2**60, 7, 3)
    plain = {"id": "wd_1", "units": str(2**60), "value": "7", "count": 3}
    made = bundle.made(
        case=row, answers=[row], evidence=[], questions=[replace(row, value=None)], order=None, withdrawal=row,
        decisions=[row, row], links=[{"link": 1}],
    )  # fmt: skip
    assert made == {
        "format": "tidegate-case-1",
        "case": plain,
        "answers": [plain],
        "evidence": [],
        "questions": [plain | {"value": None}],
        "order": None,
        "withdrawal": plain,
        "decisions": [plain, plain],
        "journal": [{"link": 1}],
    }
    assert bundle.sealed(made) == canonical({"sha256": digest(made), "bundle": made})


# --- decisions that stand alone ----------------------------------------------------------------------------------

LONE = Lone("dec_1", "cus_1", "key_1", deciding.Status.OPEN, NOW + US, NOW, None)
D = deciding.Status


@pytest.mark.parametrize(
    ("status", "target", "late", "changes"),
    [
        (D.OPEN, D.COMMITTED, 0, True),
        (D.OPEN, D.COMMITTED, 1, "decision_expired"),  # its room may be somebody else's by now
        (D.OPEN, D.RELEASED, 1, True),
        (D.OPEN, D.EXPIRED, 1, True),
        (D.COMMITTED, D.COMMITTED, 9, False),  # said again
        (D.COMMITTED, D.RELEASED, 0, "decision_committed"),
        (D.RELEASED, D.RELEASED, 0, False),
        (D.RELEASED, D.COMMITTED, 0, "decision_released"),
        (D.EXPIRED, D.RELEASED, 0, False),
        (D.EXPIRED, D.COMMITTED, 0, "decision_expired"),
        (D.DECLINED, D.COMMITTED, 0, "decision_declined"),
        (D.DECLINED, D.RELEASED, 0, "decision_declined"),
    ],
)
def test_what_a_lone_decision_may_become(status: D, target: D, late: int, changes: bool | str) -> None:
    lone = replace(LONE, status=status)
    code = refused(deciding.moves, lone, target, NOW + late * US)
    assert (code or deciding.moves(lone, target, NOW + late * US)) == changes


def test_what_a_lone_decision_is_answered_with() -> None:
    said = {
        "id": "dec_1",
        "customer": "cus_1",
        "outcome": "delay",
        "status": "open",
        "findings": answer.findings([NEW]),
        "expires_at": "2026-11-24T12:00:00.000001Z",
        "created_at": "2026-11-24T12:00:00Z",
    }
    assert deciding.as_json(LONE, Outcome.DELAY, [NEW]) == said
    declined = replace(LONE, status=D.DECLINED, expires_at=None)
    assert deciding.as_json(declined, Outcome.DELAY, [NEW]) == said | {"status": "declined", "expires_at": None}
