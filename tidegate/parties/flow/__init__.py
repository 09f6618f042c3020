"""Customers, what happens to their accounts, who may call, and what is ordered about whom.

| to read about | open |
|---|---|
| a customer is taken in and known | `registering.py` |
| every story starts: parties locked, an event kept | `looking.py` |
| something happens to an account | `happening.py` |
| what a decision reads of many at once | `gathering.py` |
| factors come and go, and prove who it is | `enrolling.py`, `proving.py` |
| keys, and who stands behind them | `calling.py` |
| staff are signed in | `staying.py` |
| a customer comes to a password, signs in, stays | `inviting.py`, `visiting.py`; hashes: `hashing.py` |
| restrictions, and how they end | `restricting.py` |
| what nobody needs any more | `forgetting.py` |

The journal never carries a name, a mail address or a birthday: it cannot be erased.
"""

from __future__ import annotations

from tidegate.parties.flow.calling import (
    NewKey,
    Person,
    create_key,
    keys,
    people,
    revoke_key,
    same_person,
    whoami,
    whoami_many,
)
from tidegate.parties.flow.enrolling import (
    Ceremony,
    Enrolled,
    begin_passkey,
    enrol_totp,
    factors,
    finish_passkey,
    remove_factor,
)
from tidegate.parties.flow.forgetting import purge
from tidegate.parties.flow.gathering import alarms, factors_of, latest_events, logins, restrictions
from tidegate.parties.flow.happening import on_new_device, record_event
from tidegate.parties.flow.inviting import Invited, invite, invited, join
from tidegate.parties.flow.looking import lock
from tidegate.parties.flow.proving import challenge_passkey, check_passkey, check_totp
from tidegate.parties.flow.registering import get, page, register, set_identity, set_language, timeline
from tidegate.parties.flow.restricting import (
    freeze,
    freeze_by_link,
    freeze_own,
    frozen_by_owner,
    impose,
    lift,
    restrict,
    restriction_page,
)
from tidegate.parties.flow.staying import (
    Opened,
    Session,
    SignedIn,
    end_session,
    make_link,
    open_by_link,
    open_session,
    prove,
    session,
    signed_in,
)
from tidegate.parties.flow.visiting import (
    Came,
    CodeBound,
    Visiting,
    ask_passkey,
    leave,
    leave_elsewhere,
    link_in,
    sign_in,
    sign_in_by_link,
    sign_in_with_passkey,
    visiting,
    visits,
)

__all__ = [
    "Came",
    "Ceremony",
    "CodeBound",
    "Enrolled",
    "Invited",
    "NewKey",
    "Opened",
    "Person",
    "Session",
    "SignedIn",
    "Visiting",
    "alarms",
    "ask_passkey",
    "begin_passkey",
    "challenge_passkey",
    "check_passkey",
    "check_totp",
    "create_key",
    "end_session",
    "enrol_totp",
    "factors",
    "factors_of",
    "finish_passkey",
    "freeze",
    "freeze_by_link",
    "freeze_own",
    "frozen_by_owner",
    "get",
    "impose",
    "invite",
    "invited",
    "join",
    "keys",
    "latest_events",
    "leave",
    "leave_elsewhere",
    "lift",
    "link_in",
    "lock",
    "logins",
    "make_link",
    "on_new_device",
    "open_by_link",
    "open_session",
    "page",
    "people",
    "prove",
    "purge",
    "record_event",
    "register",
    "remove_factor",
    "restrict",
    "restriction_page",
    "restrictions",
    "revoke_key",
    "same_person",
    "session",
    "set_identity",
    "set_language",
    "sign_in",
    "sign_in_by_link",
    "sign_in_with_passkey",
    "signed_in",
    "timeline",
    "visiting",
    "visits",
    "whoami",
    "whoami_many",
]
