"""The life of a withdrawal, one transaction per step: look (and lock), decide, write down, all or nothing.

| to read about | open |
|---|---|
| what a shell hands in, and gets back | `given.py` |
| a customer asks | `asking.py`, `writing.py`; the facts of a batch: `gathering/` |
| every later look at one withdrawal | `looking.py`, `deciding.py`, `following.py` (where the verdict leads) |
| the customer confirms, or takes it back | `confirming.py`, `links.py`, `taking_back.py` |
| time passes | `waiting.py` |
| vendors and counterparties answer | `outside.py`, `counterparty.py` |
| the customer has to give something | `informing.py` |
| a person decides, asks, hears an appeal, executes an order | `persons.py`, `appealing.py`, `seizing.py` |
| it is paid | `authorising.py`, `settling.py` |
| only a decision was wanted | `standing_alone.py` |
| somebody reads | `reading.py` |

Lock order: parties by id, their ledger accounts, limit counters in `limits.in_order`, the withdrawal, its payout.
Counters of the withdrawal's wider scopes may come after it: whoever holds a withdrawal holds its party, so nobody
who holds a counter waits for it.
"""

from __future__ import annotations

from tidegate.withdrawals.flow.appealing import appeal, appeal_answered
from tidegate.withdrawals.flow.asking import request
from tidegate.withdrawals.flow.authorising import Sign, authorise
from tidegate.withdrawals.flow.confirming import (
    challenge,
    confirm,
    confirm_by_link,
    confirm_by_terms,
    confirm_with_passkey,
)
from tidegate.withdrawals.flow.counterparty import next_travel_message, travel_answered, travel_told
from tidegate.withdrawals.flow.gathering.past import haste
from tidegate.withdrawals.flow.given import Answer, Setting, setting
from tidegate.withdrawals.flow.informing import address_proven, prove_address, state_receiver
from tidegate.withdrawals.flow.links import mail_link, resend
from tidegate.withdrawals.flow.looking import locked_in_order
from tidegate.withdrawals.flow.outside import (
    LONGEST_DELAY,
    outside_answered,
    outside_overdue,
    take_vendor_asks,
    vendor_answered,
)
from tidegate.withdrawals.flow.persons import answered, ask, inform
from tidegate.withdrawals.flow.reading import ahead, evidence, findings_of, get, headroom, view, views
from tidegate.withdrawals.flow.seizing import propose_seizure, seizure_answered
from tidegate.withdrawals.flow.settling import authorisation_lapsed, paying, returned, settled
from tidegate.withdrawals.flow.standing_alone import alone, alone_view, commit, expire_alone, let_go
from tidegate.withdrawals.flow.taking_back import cancel, cancel_if_free, insist
from tidegate.withdrawals.flow.waiting import expire, release, set_aside

__all__ = [
    "LONGEST_DELAY",
    "Answer",
    "Setting",
    "Sign",
    "address_proven",
    "ahead",
    "alone",
    "alone_view",
    "answered",
    "appeal",
    "appeal_answered",
    "ask",
    "authorisation_lapsed",
    "authorise",
    "cancel",
    "cancel_if_free",
    "challenge",
    "commit",
    "confirm",
    "confirm_by_link",
    "confirm_by_terms",
    "confirm_with_passkey",
    "evidence",
    "expire",
    "expire_alone",
    "findings_of",
    "get",
    "haste",
    "headroom",
    "inform",
    "insist",
    "let_go",
    "locked_in_order",
    "mail_link",
    "next_travel_message",
    "outside_answered",
    "outside_overdue",
    "paying",
    "propose_seizure",
    "prove_address",
    "release",
    "request",
    "resend",
    "returned",
    "seizure_answered",
    "set_aside",
    "setting",
    "settled",
    "state_receiver",
    "take_vendor_asks",
    "travel_answered",
    "travel_told",
    "vendor_answered",
    "view",
    "views",
]
