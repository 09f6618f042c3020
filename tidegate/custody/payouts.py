"""What the chain says about a payout, and what follows from it (rulebook section 3, I1).

Only decoded effects in a final block count. An error message, a missing receipt or a spent nonce prove nothing:
they leave the payout unknown, and unknown is a state, never a failure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tidegate.base.chain import Fees, Receipt


class Fate(StrEnum):
    """Where an attempt stands."""

    MISSING = "missing"  # no version of it is in the chain just now
    CONFIRMING = "confirming"  # mined, not final
    PAID = "paid"  # final, and what arrived is what was ordered
    FAILED = "failed"  # final, and it moved nothing: reverted, or cancelled on its own nonce
    WRONG = "wrong"  # final, but not what was ordered: a person must look
    FOREIGN = "foreign"  # its nonce is finally spent and none of our versions shows: a person must look


@dataclass(frozen=True, slots=True)
class Owed:
    """What one attempt must bring about."""

    sender: str
    nonce: int
    contract: str | None
    address: str
    units: int


@dataclass(frozen=True, slots=True)
class Version:
    """Bytes that were handed out for the attempt: the payment, a dearer payment, or a cancellation."""

    hash: str
    kind: str  # "pay", "cancel"


@dataclass(frozen=True, slots=True)
class Judged:
    """The fate, the receipt that shows it, and the words for staff."""

    fate: Fate
    receipt: Receipt | None
    words: str


def judge(
    owed: Owed,
    versions: Sequence[Version],
    receipts: Mapping[str, Receipt],
    head: int,
    finality: int,
    final_nonce: int,
) -> Judged:
    """What the receipts mean. `final_nonce` is the sender's nonce at a final block that no machine can be missing,
    read before them."""
    mined = [(version, receipts[version.hash]) for version in versions if version.hash in receipts]
    if len(mined) > 1:
        return Judged(Fate.WRONG, mined[0][1], f"the node shows {len(mined)} transactions on nonce {owed.nonce}")
    if not mined:
        if final_nonce > owed.nonce:
            return Judged(Fate.FOREIGN, None, f"nonce {owed.nonce} was spent by a transaction that is not ours")
        return Judged(Fate.MISSING, None, "not in the chain")
    version, receipt = mined[0]
    confirmations = head - receipt.block + 1
    if confirmations < finality:
        return Judged(Fate.CONFIRMING, receipt, f"{max(confirmations, 0)} of {finality} confirmations")
    if not receipt.succeeded:
        return Judged(Fate.FAILED, receipt, "reverted")
    if version.kind == "cancel":
        moved = [t for t in receipt.transfers if t.units and t.receiver != owed.sender]
        if moved:
            return Judged(Fate.WRONG, receipt, "a cancellation in which coins moved")
        return Judged(Fate.FAILED, receipt, "cancelled on chain")
    return _effect(owed, receipt)


def _effect(owed: Owed, receipt: Receipt) -> Judged:
    out = [t for t in receipt.transfers if t.sender == owed.sender and t.units]
    arrived = sum(t.units for t in out if (t.contract, t.receiver) == (owed.contract, owed.address))
    others = [t for t in out if (t.contract, t.receiver) != (owed.contract, owed.address)]
    if arrived == owed.units and not others:
        return Judged(Fate.PAID, receipt, "paid")
    return Judged(
        Fate.WRONG,
        receipt,
        f"{owed.units} units were ordered, {arrived} arrived, and {len(others)} other transfers left the wallet",
    )


FAILURES = 10
"""So many failures of one payout, or in a row of a lane, before it stops until a person has looked (section 10)."""


def pause(failures: int) -> int:
    """Seconds before the next try after so many failures: twice as long each time, five minutes at most."""
    return min(300, 1 << min(failures, 9))


def in_a_row(failures: int, last: str | None, payout_id: str | None) -> int:
    """How many failures a lane has had in a row, with this one. None = the signer gave no answer at all.

    A payout that fails again and again counts once: it stops by itself, and must not stop its neighbours.
    """
    return failures if payout_id is not None and payout_id == last else failures + 1


RAISE_PERCENT = 13
"""How much dearer a replacement is: nodes ask for 10 % at least, on both prices."""


def dearer(max_fee: int, tip: int, now: Fees) -> Fees:
    """The price of a replacement: above the old one by more than nodes ask, or what the network wants now."""
    return Fees(
        max(_raised(max_fee), now.max_fee, _raised(tip)),
        max(_raised(tip), now.tip),
    )


def _raised(price: int) -> int:
    return price * (100 + RAISE_PERCENT) // 100 + 1


def nonce_fault(address: str, stored: int, on_chain: int, open_nonces: Sequence[int]) -> str | None:
    """Why a wallet must not send, or None: the next nonce we would use disagrees with the chain.

    More on chain than we know of: a backup was restored, or somebody else has the key. Less on chain than the
    attempts that are still open explain: the node is on another chain or far behind.
    """
    if on_chain > stored:
        return (
            f"{address} has sent {on_chain} transactions on chain, the database knows of {stored}: "
            "a backup was restored or the key is used elsewhere. Nothing is sent until a person has looked."
        )
    missing = sorted(set(range(on_chain, stored)) - set(open_nonces))
    if missing:
        return (
            f"{address} has sent {on_chain} transactions on chain, the database {stored}, and no open attempt explains "
            f"nonce {missing[0]}: the node is on another chain or behind. Nothing is sent until they agree."
        )
    return None
