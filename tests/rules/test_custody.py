"""What the chain says about a payout and a deposit, and what follows: tables without a chain."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.base.chain import Fees, Receipt, Transfer
from tidegate.custody.deposits import credit, is_final, worth_sweeping
from tidegate.custody.payouts import Fate, Owed, Version, dearer, in_a_row, judge, nonce_fault, pause

HOT, BOB, EVE = "0xHot", "0xBob", "0xEve"
USDT, OTHER = "0xUSDT", "0xOther"
OWED = Owed(HOT, 7, USDT, BOB, 100)
PAY, DEARER, CANCEL = Version("0xp1", "pay"), Version("0xp2", "pay"), Version("0xc", "cancel")
VERSIONS = (PAY, DEARER, CANCEL)
FINALITY = 3
MINED_AT = 50
FINAL = MINED_AT + FINALITY - 1


def moved(units: int, contract: str | None = USDT, sender: str = HOT, receiver: str = BOB) -> Transfer:
    return Transfer("0xtx", 0, MINED_AT, "0xblock", contract, sender, receiver, units)


def mined(*transfers: Transfer, succeeded: bool = True) -> Receipt:
    return Receipt("0xtx", MINED_AT, "0xblock", succeeded, 21_000, 1, transfers)


# --- payouts -----------------------------------------------------------------------------------------------------

RIGHT = mined(moved(100))


@pytest.mark.parametrize(
    ("receipts", "head", "final_nonce", "fate", "words"),
    [
        ({}, FINAL, 7, Fate.MISSING, "not in the chain"),
        ({}, FINAL, 8, Fate.FOREIGN, "nonce 7 was spent by a transaction that is not ours"),
        ({"0xp1": RIGHT}, FINAL, 7, Fate.PAID, "paid"),
        ({"0xp2": RIGHT}, FINAL, 8, Fate.PAID, "paid"),  # the dearer one
        ({"0xp1": RIGHT}, FINAL - 1, 8, Fate.CONFIRMING, "2 of 3 confirmations"),
        ({"0xp1": RIGHT}, MINED_AT, 8, Fate.CONFIRMING, "1 of 3 confirmations"),
        ({"0xp1": RIGHT}, MINED_AT - 5, 8, Fate.CONFIRMING, "0 of 3 confirmations"),  # a node that is behind
        ({"0xp1": mined(succeeded=False)}, FINAL, 8, Fate.FAILED, "reverted"),
        ({"0xp1": mined(succeeded=False)}, FINAL - 1, 8, Fate.CONFIRMING, "2 of 3 confirmations"),
        ({"0xc": mined(succeeded=False)}, FINAL, 8, Fate.FAILED, "reverted"),
        ({"0xc": mined()}, FINAL, 8, Fate.FAILED, "cancelled on chain"),
        ({"0xc": mined()}, FINAL - 1, 8, Fate.CONFIRMING, "2 of 3 confirmations"),
        ({"0xc": mined(moved(0, None, HOT, HOT))}, FINAL, 8, Fate.FAILED, "cancelled on chain"),
        ({"0xc": mined(moved(0, None, HOT, BOB))}, FINAL, 8, Fate.FAILED, "cancelled on chain"),
        ({"0xc": mined(moved(5, None, HOT, HOT))}, FINAL, 8, Fate.FAILED, "cancelled on chain"),
        ({"0xc": RIGHT}, FINAL, 8, Fate.WRONG, "a cancellation in which coins moved"),
        ({"0xp1": RIGHT, "0xc": mined()}, FINAL, 8, Fate.WRONG, "the node shows 2 transactions on nonce 7"),
        ({"0xother": RIGHT}, FINAL, 7, Fate.MISSING, "not in the chain"),
    ],
)
def test_what_the_chain_says_of_a_payout(
    receipts: dict[str, Receipt], head: int, final_nonce: int, fate: Fate, words: str
) -> None:
    judged = judge(OWED, VERSIONS, receipts, head, FINALITY, final_nonce)
    assert (judged.fate, judged.words) == (fate, words)
    shown = next((r for hash, r in receipts.items() if hash != "0xother"), None)
    assert judged.receipt is shown


@pytest.mark.parametrize(
    ("effect", "fate", "arrived", "others"),
    [
        ((moved(100),), Fate.PAID, 100, 0),
        ((moved(60), moved(40)), Fate.PAID, 100, 0),
        ((moved(100), moved(0, OTHER)), Fate.PAID, 100, 0),  # nothing is nothing
        ((moved(100), moved(9, OTHER, EVE, HOT)), Fate.PAID, 100, 0),  # what comes in is not ours to mind
        ((), Fate.WRONG, 0, 0),
        ((moved(99),), Fate.WRONG, 99, 0),
        ((moved(101),), Fate.WRONG, 101, 0),
        ((moved(100, OTHER),), Fate.WRONG, 0, 1),
        ((moved(100, None),), Fate.WRONG, 0, 1),
        ((moved(100, receiver=EVE),), Fate.WRONG, 0, 1),
        ((moved(100, sender=EVE),), Fate.WRONG, 0, 0),  # somebody else paid: we still owe
        ((moved(100), moved(1, receiver=EVE)), Fate.WRONG, 100, 1),
        ((moved(100), moved(1, OTHER)), Fate.WRONG, 100, 1),
    ],
)
def test_paid_is_what_was_ordered_and_nothing_else(
    effect: tuple[Transfer, ...], fate: Fate, arrived: int, others: int
) -> None:
    receipt = mined(*effect)
    judged = judge(OWED, VERSIONS, {"0xp1": receipt}, FINAL, FINALITY, 8)
    assert judged.receipt == receipt
    wrong = f"100 units were ordered, {arrived} arrived, and {others} other transfers left the wallet"
    assert (judged.fate, judged.words) == (fate, "paid" if fate is Fate.PAID else wrong)


def test_a_native_payout_is_no_tokens_payout() -> None:
    owed = replace(OWED, contract=None)
    assert judge(owed, VERSIONS, {"0xp1": mined(moved(100, None))}, FINAL, FINALITY, 8).fate is Fate.PAID
    assert judge(owed, VERSIONS, {"0xp1": RIGHT}, FINAL, FINALITY, 8).fate is Fate.WRONG


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 1), (1, 2), (2, 4), (7, 128), (8, 256), (9, 300), (10, 300), (10**9, 300)]
)
def test_a_failing_payout_is_tried_less_and_less_often(failures: int, seconds: int) -> None:
    assert pause(failures) == seconds


@pytest.mark.parametrize(
    ("last", "payout", "counted"),
    [("po_1", "po_1", 4), ("po_1", "po_2", 5), (None, "po_1", 5), ("po_1", None, 5), (None, None, 5)],
)
def test_one_payout_that_fails_again_counts_once_for_its_lane(
    last: str | None, payout: str | None, counted: int
) -> None:
    assert in_a_row(4, last, payout) == counted


@pytest.mark.parametrize(
    ("max_fee", "tip", "now", "asked"),
    [
        (1_000, 100, Fees(10, 1), Fees(1_131, 114)),
        (1_000, 100, Fees(1_132, 115), Fees(1_132, 115)),
        (1_000, 100, Fees(1_130, 113), Fees(1_131, 114)),
        (0, 0, Fees(0, 0), Fees(1, 1)),
        (100, 100, Fees(1, 1), Fees(114, 114)),
        (10**18, 10**18, Fees(1, 1), Fees(113 * 10**16 + 1, 113 * 10**16 + 1)),  # beyond what a float tells apart
    ],
)
def test_a_replacement_is_dearer_or_what_the_network_wants(max_fee: int, tip: int, now: Fees, asked: Fees) -> None:
    assert dearer(max_fee, tip, now) == asked


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.integers(0, 10**15), st.integers(0, 10**15))
def test_a_replacement_is_always_dear_enough_for_nodes_and_signer(a: int, b: int, c: int, d: int) -> None:
    (tip, max_fee), (now_tip, now_fee) = sorted((a, b)), sorted((c, d))
    asked = dearer(max_fee, tip, Fees(now_fee, now_tip))
    assert asked.tip <= asked.max_fee
    for new, old in ((asked.max_fee, max_fee), (asked.tip, tip)):
        assert new > old
        assert new * 100 >= old * 110


@pytest.mark.parametrize(
    ("stored", "on_chain", "open_nonces", "said"),
    [
        (5, 5, [], None),
        (5, 3, [3, 4], None),
        (5, 3, [2, 3, 4], None),
        (5, 6, [], "0xHot has sent 6 transactions on chain, the database knows of 5: a backup was restored"),
        (5, 3, [4], "0xHot has sent 3 transactions on chain, the database 5, and no open attempt explains nonce 3: "),
        (5, 3, [3], "0xHot has sent 3 transactions on chain, the database 5, and no open attempt explains nonce 4: "),
        (5, 0, [], "0xHot has sent 0 transactions on chain, the database 5, and no open attempt explains nonce 0: "),
    ],
)
def test_nothing_is_sent_while_chain_and_database_disagree(
    stored: int, on_chain: int, open_nonces: list[int], said: str | None
) -> None:
    fault = nonce_fault(HOT, stored, on_chain, open_nonces)
    assert fault == said or (said is not None and fault is not None and fault.startswith(said))


# --- deposits ----------------------------------------------------------------------------------------------------


def came(index: int, units: int) -> Transfer:
    return Transfer("0xtx", index, MINED_AT, "0xblock", USDT, EVE, BOB, units)


@pytest.mark.parametrize(
    ("claimed", "gained", "credited"),
    [
        ([100], 100, [(100, None)]),
        ([100], 150, [(100, None)]),
        ([100], 99, [(99, "less_arrived")]),
        ([100], 1, [(1, "less_arrived")]),
        ([100], 0, [(0, "no_movement")]),
        ([100], -7, [(0, "no_movement")]),
        ([60, 40], 100, [(60, None), (40, None)]),
        ([60, 40], 99, [(60, None), (39, "less_arrived")]),
        ([60, 40], 60, [(60, None), (0, "no_movement")]),
        ([60, 40], 59, [(59, "less_arrived"), (0, "no_movement")]),
        ([0, 40], 40, [(0, None), (40, None)]),
        ([], 40, []),
    ],
)
def test_only_what_the_account_gained_is_credited(
    claimed: list[int], gained: int, credited: list[tuple[int, str | None]]
) -> None:
    moves = [came(index, units) for index, units in enumerate(claimed)]
    found = credit(moves[::-1], gained)  # in whatever order the node tells them
    assert [one.transfer for one in found] == moves
    assert [(one.units, one.reason) for one in found] == credited


@pytest.mark.parametrize(("head", "final"), [(51, False), (52, True), (53, True), (49, False)])
def test_a_block_is_final_when_it_has_its_confirmations_its_own_counted(head: int, final: bool) -> None:
    assert is_final(50, head, 3) is final
    assert is_final(50, 50, 1)


@pytest.mark.parametrize(
    ("units", "is_native", "worth"),
    [(2_000, True, True), (1_999, True, False), (10**6, False, True), (10**6 - 1, False, False)],
)
def test_what_is_worth_sweeping(units: int, is_native: bool, worth: bool) -> None:
    assert worth_sweeping(units, is_native, 6, 100) is worth
