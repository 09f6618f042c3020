"""Customers, what happens to their accounts, who may call, and what is ordered about whom.

| to read about | open |
|---|---|
| a customer is taken in and known | `registering.py` |
| every story starts: parties locked, an event kept | `looking.py` |
| something happens to an account | `happening.py` |
| what a decision reads of many at once | `gathering.py` |
| factors come and go, and prove who it is | `enrolling.py`, `proving.py` |
| keys, and who stands behind them | `calling.py` |
| staff are signed in | `staying.py`; other ways in than the key: `staff_ways.py`, `arriving.py` |
| tries to sign in are bounded | `trying.py` |
| a customer is invited, joins, signs in, stays | `inviting.py`, `joining.py`, `visiting.py`; hashes: `hashing.py` |
| an authenticator app is set up | `apps.py` |
| restrictions, and how they end | `restricting.py` |
| what nobody needs any more | `forgetting.py` |

The journal never carries a name, a mail address or a birthday: it cannot be erased.
"""

from __future__ import annotations

from tidegate.parties.flow.apps import App
from tidegate.parties.flow.arriving import (
    Shown,
    ask_staff_proof,
    prove_otherwise,
    staff_sign_in,
    staff_sign_in_with_passkey,
)
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
    new_own_app,
    remove_factor,
    set_own_app,
)
from tidegate.parties.flow.forgetting import purge
from tidegate.parties.flow.gathering import alarms, events_since, factors_of, latest_events, logins, restrictions
from tidegate.parties.flow.happening import on_new_device, record_event
from tidegate.parties.flow.inviting import Invited, count_forgotten, invite, invite_again, invited
from tidegate.parties.flow.joining import FirstApp, FirstPasskey, begin_first_passkey, first_app, join
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
from tidegate.parties.flow.staff_ways import (
    Ways,
    allow_key,
    bar_key,
    begin_staff_passkey,
    drop_staff_passkey,
    drop_staff_password,
    finish_staff_passkey,
    new_app,
    set_staff_password,
    staff_ways,
    take_staff_ways,
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
    leave_by_cookie,
    leave_elsewhere,
    link_in,
    sign_in,
    sign_in_by_link,
    sign_in_with_passkey,
    visiting,
    visits,
)

__all__ = [
    "App",
    "Came",
    "Ceremony",
    "CodeBound",
    "Enrolled",
    "FirstApp",
    "FirstPasskey",
    "Invited",
    "NewKey",
    "Opened",
    "Person",
    "Session",
    "Shown",
    "SignedIn",
    "Visiting",
    "Ways",
    "alarms",
    "allow_key",
    "ask_passkey",
    "ask_staff_proof",
    "bar_key",
    "begin_first_passkey",
    "begin_passkey",
    "begin_staff_passkey",
    "challenge_passkey",
    "check_passkey",
    "check_totp",
    "count_forgotten",
    "create_key",
    "drop_staff_passkey",
    "drop_staff_password",
    "end_session",
    "enrol_totp",
    "events_since",
    "factors",
    "factors_of",
    "finish_passkey",
    "finish_staff_passkey",
    "first_app",
    "freeze",
    "freeze_by_link",
    "freeze_own",
    "frozen_by_owner",
    "get",
    "impose",
    "invite",
    "invite_again",
    "invited",
    "join",
    "keys",
    "latest_events",
    "leave",
    "leave_by_cookie",
    "leave_elsewhere",
    "lift",
    "link_in",
    "lock",
    "logins",
    "make_link",
    "new_app",
    "new_own_app",
    "on_new_device",
    "open_by_link",
    "open_session",
    "page",
    "people",
    "prove",
    "prove_otherwise",
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
    "set_own_app",
    "set_staff_password",
    "sign_in",
    "sign_in_by_link",
    "sign_in_with_passkey",
    "signed_in",
    "staff_sign_in",
    "staff_sign_in_with_passkey",
    "staff_ways",
    "take_staff_ways",
    "timeline",
    "visiting",
    "visits",
    "whoami",
    "whoami_many",
]
