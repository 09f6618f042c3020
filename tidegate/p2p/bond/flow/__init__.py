"""Moving a bond: one movement, one hold in the ledger, all or nothing.

| to read about | open |
|---|---|
| the merchant locks, or pays what is demanded | `paying_in.py` |
| a decision takes, and gives back where it was wrong | `taking.py` |
| it goes back to the merchant | `releasing.py` |
| how much is required, in which asset; that it is short or late | `requiring.py` |
| how each of these is written down | `writing.py` |
| somebody reads | `reading.py` |

The locked units stay on the merchant's own account under one hold of purpose "bond"; each movement ends it and places
the next, so that the bond, its movements and the ledger say one number.
Lock order: parties by id, the person's merchant accounts, the merchant's bonds, ledger accounts.
"""

from __future__ import annotations

from tidegate.p2p.bond.flow.paying_in import lock, top_up
from tidegate.p2p.bond.flow.reading import covered, movements, of
from tidegate.p2p.bond.flow.releasing import ask_unlock, release, release_all, stop_release
from tidegate.p2p.bond.flow.requiring import ask_for_cover, change_asset, note_overdue, require, require_again, waive
from tidegate.p2p.bond.flow.taking import check_taking, deduct, give_back

__all__ = [
    "ask_for_cover",
    "ask_unlock",
    "change_asset",
    "check_taking",
    "covered",
    "deduct",
    "give_back",
    "lock",
    "movements",
    "note_overdue",
    "of",
    "release",
    "release_all",
    "require",
    "require_again",
    "stop_release",
    "top_up",
    "waive",
]
