"""The status table: what may follow what, and that everything ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.withdrawals.limits import Headroom, used_in_window
from tidegate.withdrawals.withdrawal import CANCELLABLE, FINAL, MOVES, Status, payload_hash, sources

S = Status


def test_every_status_has_its_line() -> None:
    assert set(MOVES) == set(Status)


def test_the_final_statuses_are_those_of_the_rulebook() -> None:
    assert {S.SETTLED, S.RETURNED, S.DECLINED, S.CANCELLED, S.EXPIRED, S.SEIZED} == FINAL


@pytest.mark.parametrize("status", [s for s in Status if s not in FINAL])
def test_every_status_can_reach_an_end(status: Status) -> None:
    """I8."""
    assert _reach(status) & FINAL


@given(st.data())
def test_every_walk_along_the_moves_can_still_end_and_stays_there(data: st.DataObject) -> None:
    """I8 from wherever a walk has come: an end is never out of reach, and from an end there is no way."""
    here = Status.AWAITING_CONFIRMATION
    for _ in range(data.draw(st.integers(0, 12))):
        if here in FINAL:
            break
        assert _reach(here) & FINAL
        here = data.draw(st.sampled_from(sorted(MOVES[here])))
    assert _reach(here) & FINAL
    assert here not in FINAL or _reach(here) == {here}


def test_nothing_is_out_of_reach_of_a_request() -> None:
    assert _reach(Status.AWAITING_CONFIRMATION) == set(Status)


def _reach(start: Status) -> set[Status]:
    """Every status that can follow, the start among them."""
    seen, todo = set[Status](), [start]
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo += MOVES[here]
    return seen


def test_once_paying_only_the_chain_decides() -> None:
    """Peatio: reject and fail were allowed from confirming, and gave the money back."""
    assert MOVES[S.PAYING] == {S.SETTLED, S.RETURNED}
    assert S.PAYING not in CANCELLABLE
    assert sources(S.SETTLED) == [S.PAYING]
    assert sources(S.RETURNED) == [S.PAYING]


def test_only_an_approved_withdrawal_starts_paying() -> None:
    assert sources(S.PAYING) == [S.APPROVED]


def test_a_withdrawal_can_be_cancelled_until_it_pays() -> None:
    assert {
        S.AWAITING_CONFIRMATION,
        S.SCREENING,
        S.AWAITING_INFORMATION,
        S.DELAYED,
        S.IN_REVIEW,
        S.APPROVED,
    } == CANCELLABLE


BASE = ("wd_1", "cus_1", "USDT@evm-local", "0xA", "", 100, 1, None)


@pytest.mark.parametrize("place", range(len(BASE)))
def test_every_field_that_the_customer_saw_is_in_the_payload(place: int) -> None:
    changed = list(BASE)
    changed[place] = 7 if isinstance(BASE[place], int) or BASE[place] is None else "other"
    assert payload_hash(*changed) != payload_hash(*BASE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("total", "before", "released", "used"), [(0, 0, 0, 0), (100, 40, 0, 60), (100, 40, 60, 0), (100, 100, 0, 0)]
)
def test_a_windows_use_is_what_was_reserved_in_it_and_not_given_back(
    total: int, before: int, released: int, used: int
) -> None:
    assert used_in_window(total, before, released) == used


def test_headroom_is_never_below_zero() -> None:
    assert Headroom("party", 24, limit=100, used=130).left == 0
    assert Headroom("party", 24, limit=100, used=99).left == 1
