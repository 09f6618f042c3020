"""Who is rated, what a merchant account may become, and who may be linked (S2 Art. 2, R20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusal_kit import refused

from tidegate.p2p.merchants import merchant as rules
from tidegate.p2p.merchants.merchant import LINK_EVIDENCE, MOVES, WEAK_EVIDENCE, Certification, Matter, Merchant
from tidegate.p2p.scope.scope import Ground, ground, in_scope, strongest

C = Certification
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def merchant(
    certification: Certification = C.PENDING,
    id: str = "mer_1",
    subject: str = "mer_1",
    exit_from: Certification | None = None,
    approved: bool = False,
) -> Merchant:
    asked = None if exit_from is None else NOW
    return Merchant(
        id, "cus_1", subject, "DE", certification, None, "2026-11", NOW, None, exit_from, asked,
        NOW if approved else None, None, NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("certification", "locked", "leaving", "why"),
    [
        ("certified", "0", False, Ground.CERTIFIED),
        ("certified", "5000", True, Ground.CERTIFIED),
        ("pending", "5000", False, Ground.APPLICATION),
        ("pending", "0", False, None),
        ("pending", "0.000001", False, Ground.APPLICATION),
        ("pending", "5000", True, Ground.EXIT),
        ("rejected", "5000", False, Ground.APPLICATION),
        ("rejected", "0", False, None),
        ("exiting", "5000", True, Ground.EXIT),
        ("exiting", "0", True, None),
        ("dismissed", "5000", False, None),  # what is left of the bond waits for them to ask for it
        ("dismissed", "5000", True, Ground.EXIT),
        ("closed", "0", False, None),
    ],
)
def test_who_is_rated(certification: str, locked: str, leaving: bool, why: Ground | None) -> None:
    assert ground(certification, Decimal(locked), leaving) is why
    assert in_scope(certification, Decimal(locked), leaving) is (why is not None)


def test_one_account_in_scope_is_enough_for_the_person() -> None:
    assert strongest([None, Ground.APPLICATION, Ground.EXIT]) is Ground.EXIT
    assert strongest([Ground.EXIT, Ground.CERTIFIED, None]) is Ground.CERTIFIED
    assert strongest([None, None]) is None
    assert strongest([]) is None


def test_who_asks_to_leave_stays_what_they_were_until_a_person_agrees() -> None:
    assert merchant(C.EXITING, exit_from=C.CERTIFIED).qualification is C.CERTIFIED
    assert merchant(C.EXITING, exit_from=C.CERTIFIED, approved=True).qualification is C.EXITING
    assert merchant(C.CERTIFIED).qualification is C.CERTIFIED


def test_only_the_certified_trade() -> None:
    assert [state for state in C if merchant(state, exit_from=C.CERTIFIED).may_trade] == [C.CERTIFIED]


def test_every_state_has_its_line_and_who_has_left_has_left() -> None:
    assert set(MOVES) == set(C)
    assert {state for state, after in MOVES.items() if not after} == {C.CLOSED}


def test_an_exit_is_open_from_the_wish_until_they_have_left() -> None:
    assert not merchant(C.CERTIFIED).exit_open
    assert merchant(C.EXITING, exit_from=C.CERTIFIED).exit_open
    assert not replace(merchant(C.CLOSED, exit_from=C.CERTIFIED), closed_at=NOW).exit_open


@given(st.data())
def test_every_walk_can_still_end(data: st.DataObject) -> None:
    here = C.PENDING
    for _ in range(data.draw(st.integers(0, 10))):
        if not MOVES[here]:
            break
        here = data.draw(st.sampled_from(sorted(MOVES[here])))
    assert here is C.CLOSED or _reach(here) >= {C.CLOSED}


def _reach(here: Certification) -> set[Certification]:
    """Every state that can follow, in any number of steps."""
    found: set[Certification] = set()
    edge = {here}
    while edge:
        edge = {after for state in edge for after in MOVES[state]} - found
        found |= edge
    return found


def test_nobody_is_certified_again_or_leaves_twice() -> None:
    rules.check_move(merchant(C.PENDING), C.CERTIFIED)
    assert refused(lambda: rules.check_certified("mer_1", "certified")) is None
    assert refused(lambda: rules.check_certified("mer_1", "exiting")) == "merchant_not_certified"
    assert refused(lambda: rules.check_move(merchant(C.CLOSED), C.EXITING)) == "merchant_not_exiting"


def test_consent_is_to_the_rules_in_force() -> None:
    rules.check_rules_version("2026-11", "2026-11")
    assert refused(lambda: rules.check_rules_version("2026-10" * 9, "2026-11")) == "rules_version_stale"


@pytest.mark.parametrize(
    ("level", "name", "covered", "banned", "code"),
    [
        (None, "Ada", True, [], "identity_missing"),
        (0, "Ada", True, [], "identity_missing"),
        (1, None, True, [], "identity_missing"),
        (1, "Ada", False, [], "bond_short"),
        (1, "Ada", True, ["ban"], "party_restricted"),
        (1, "Ada", True, ["trade_block", "freeze"], "party_restricted"),
        (1, "", True, [], "identity_missing"),
        (1, "Ada", True, [], None),
    ],
)
def test_who_can_be_certified(
    level: int | None, name: str | None, covered: bool, banned: list[str], code: str | None
) -> None:
    assert refused(lambda: rules.check_certifiable(level, name, covered, banned)) == code


@pytest.mark.parametrize("evidence", WEAK_EVIDENCE)
def test_a_shared_device_alone_links_nobody(evidence: str) -> None:
    assert (
        refused(lambda: rules.check_link(merchant(), merchant(id="mer_2", subject="mer_2"), evidence, "the same phone"))
        == "link_evidence_weak"
    )


@pytest.mark.parametrize("evidence", LINK_EVIDENCE)
def test_a_person_links_by_what_they_have_seen(evidence: str) -> None:
    other = merchant(id="mer_2", subject="mer_2")
    rules.check_link(merchant(), other, evidence, "the same passport")
    assert refused(lambda: rules.check_link(merchant(), other, evidence, " ")) == "note_invalid"
    assert refused(lambda: rules.check_link(merchant(), other, "rumour" * 9, "seen")) == "link_evidence_unknown"
    assert refused(lambda: rules.check_link(merchant(), merchant(id="mer_2"), evidence, "seen")) == "linked_already"


def test_nothing_goes_back_while_something_is_open() -> None:
    rules.check_free("Unlocking", [])
    older, first, second = (
        Matter("mer_1", "appeal", "apl_9", NOW - timedelta(seconds=1)),
        Matter("mer_1", "dispute", "ord_1", NOW),
        Matter("mer_1", "rating", "rat_2", NOW),
    )
    for open in ([first], [second, first], [second, first, older]):
        assert refused(rules.check_free, "Unlocking", open) == "matter_open"
