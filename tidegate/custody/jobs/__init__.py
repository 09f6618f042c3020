"""Reaching out: pay, watch, credit, sweep. Claim in one transaction, reach out with nothing locked, record in another.

What will be sent is committed before it is sent, so that sending again sends the same bytes. After a timeout nobody
guesses: the chain is asked, again and again, until a final block says what happened.

| to read about | open |
|---|---|
| a payout gets its nonce, or waits | `paying.py` (`lane.py`: whose turn it is, and what a failure does) |
| it gets its bytes, later dearer ones | `signing.py`, `sending.py` |
| the chain says what became of it | `watching.py` (`final.py`: how far a block is believed) |
| deposits, and their way into the hot wallet | `crediting.py`, `sweeping.py` |
| before starting, and in rounds | `looking.py`, `reconciling.py` |
"""

from __future__ import annotations

from tidegate.custody.jobs.crediting import scan_deposits
from tidegate.custody.jobs.final import LAGGING, WrongChain
from tidegate.custody.jobs.lane import REVERTS, TURN_SECONDS, Clock, LostTurn
from tidegate.custody.jobs.looking import OBSERVE_EVERY, check_wallets, observe, observe_watched
from tidegate.custody.jobs.paying import pay
from tidegate.custody.jobs.reconciling import RECONCILER_SECONDS, Book, books, reconcile, reconcile_ledger
from tidegate.custody.jobs.sweeping import sweep
from tidegate.custody.jobs.watching import watch

__all__ = [
    "LAGGING",
    "OBSERVE_EVERY",
    "RECONCILER_SECONDS",
    "REVERTS",
    "TURN_SECONDS",
    "Book",
    "Clock",
    "LostTurn",
    "WrongChain",
    "books",
    "check_wallets",
    "observe",
    "observe_watched",
    "pay",
    "reconcile",
    "reconcile_ledger",
    "scan_deposits",
    "sweep",
    "watch",
]
