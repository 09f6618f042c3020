"""The life of an order, one transaction per step.

| to read about | open |
|---|---|
| what it would cost, and taking an ad | `taking.py` |
| paid, given up, too late | `paying.py` |
| which account to pay, for the payer alone | `payee.py` |
| the seller lets the coins go, with a factor of theirs | `releasing.py` |
| what every step shares: locks, escrow, the written line | `moving.py` |
| somebody reads | `reading.py` |

Lock order: both parties by id, the ad, the ledger account, the order.
"""

from __future__ import annotations

from tidegate.p2p.orders.flow.moving import ESCROW, give_back, hand_over, locked, move
from tidegate.p2p.orders.flow.payee import Payee, where_to_pay
from tidegate.p2p.orders.flow.paying import Payer, cancel, expire, paid
from tidegate.p2p.orders.flow.reading import get, page, role_of
from tidegate.p2p.orders.flow.releasing import Code, Signature, challenge, release
from tidegate.p2p.orders.flow.taking import Quote, Wanted, create, quote

__all__ = [
    "ESCROW",
    "Code",
    "Payee",
    "Payer",
    "Quote",
    "Signature",
    "Wanted",
    "cancel",
    "challenge",
    "create",
    "expire",
    "get",
    "give_back",
    "hand_over",
    "locked",
    "move",
    "page",
    "paid",
    "quote",
    "release",
    "role_of",
    "where_to_pay",
]
