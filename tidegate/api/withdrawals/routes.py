"""Calls about withdrawals, from the request to the appeal."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from tidegate.api.cases.say import case_file
from tidegate.api.cases.shapes import CaseWithFile
from tidegate.api.door import Asking, Call, Route, Said, replay_scope
from tidegate.api.journal.say import entry
from tidegate.api.journal.shapes import Timeline
from tidegate.api.params import UNFIT, UNKNOWN, Before, Limit, Text
from tidegate.api.say import page
from tidegate.api.shapes import Lift
from tidegate.api.withdrawals import say, shapes
from tidegate.api.withdrawals.reading import confirmation, stated
from tidegate.base.refusals import NotFound
from tidegate.cases import flow as cases
from tidegate.custody import flow as custody
from tidegate.db import journal
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import store as withdrawal_store
from tidegate.withdrawals.asking import Ask
from tidegate.withdrawals.withdrawal import Status


async def request_withdrawal(asking: Asking, body: shapes.NewWithdrawal) -> Said:
    """Ask for a withdrawal. The answer says what it waits for, why, and until when.

    A "no" of the policy is an answer too: 201 with the status `declined` and every reason.
    """
    party_id = asking.identity.party_id
    if party_id not in (None, body.customer):
        raise NotFound("customer_unknown", f"There is no customer {body.customer}.", field="customer")
    ask = Ask(
        party_id=body.customer,
        actor=asking.identity.actor,
        asset=body.asset,
        network=body.network,
        amount=body.amount,
        address=body.address,
        address_id=body.address_id,
        memo=body.memo,
        fee_ceiling=body.fee_ceiling,
        description=body.description,
        stated=stated(body),
        scope=replay_scope(asking.identity),
        key=asking.key,
        request=asking.asked,
    )
    answer = await asking.gate.batching.request(ask)
    return Said(answer.status, answer.body, replayed=answer.replayed)


def list_withdrawals(
    call: Call,
    customer: Text = None,
    status: Annotated[Status | None, Query()] = None,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """Withdrawals, newest first."""
    found = withdrawal_store.search(
        call.conn, call.whose(customer), status.value if status else None, None, before, limit
    )
    return page("withdrawals", withdrawals.views(call.conn, found, call.setting().assets), limit)


def get_withdrawal(call: Call, id: str) -> Any:
    """One withdrawal, with its payment on chain."""
    found = withdrawals.get(call.conn, id, call.party_id)
    view = custody.payouts_of(call.conn, [id]).get(id)
    head = call.gate.head(found.network) if view is not None and view.mined_block is not None else None
    return {**withdrawals.view(call.conn, found, call.setting().assets), "payout": say.payout(view, head)}


def confirm_withdrawal(call: Call, id: str, body: shapes.Confirmation) -> Any:
    """Confirm what was shown, with a factor that the decision asked for. It goes on once all of them were used."""
    withdrawals.get(call.conn, id, call.party_id)
    setting, gate = call.setting(), call.gate
    code, credential = confirmation(body)
    if credential is not None:
        done = withdrawals.confirm_with_passkey(call.conn, id, credential, gate.relying, call.actor, setting, call.now)
    else:
        done = withdrawals.confirm(call.conn, id, body.factor, code, gate.data_key, call.actor, setting, call.now)
    return withdrawals.view(call.conn, done, setting.assets)


def challenge_withdrawal(call: Call, id: str) -> Any:
    """Ask for what a passkey has to sign: bound to what was shown, for a few minutes, good for one answer."""
    withdrawals.get(call.conn, id, call.party_id)
    asked = withdrawals.challenge(call.conn, id, call.gate.relying, call.actor, call.setting(), call.now)
    return {"options": asked}


def resend_link(call: Call, id: str) -> Any:
    """Send the mail with the link that confirms once more, a minute after the one before at the earliest."""
    withdrawals.get(call.conn, id, call.party_id)
    setting = call.setting()
    return withdrawals.view(call.conn, withdrawals.resend(call.conn, id, call.actor, setting, call.now), setting.assets)


def inform_withdrawal(call: Call, id: str, body: shapes.Information) -> Any:
    """Give what the hold letter asks for: an answer to a reviewer, who receives and where, a proof of ownership."""
    withdrawals.get(call.conn, id, call.party_id)
    setting = call.setting()
    if isinstance(body, shapes.NewInformation):
        done = withdrawals.inform(call.conn, id, body.kind, body.text, call.actor, call.now)
    elif isinstance(body, shapes.OwnershipInformation):
        done = withdrawals.prove_address(call.conn, id, body.signature, call.actor, setting, call.now)
    else:
        more = stated(body) or {}
        done = withdrawals.state_receiver(call.conn, id, more, body.self_hosted, call.actor, setting, call.now)
    return withdrawals.view(call.conn, done, setting.assets)


def cancel_withdrawal(call: Call, id: str) -> Any:
    """Take it back, while no payment has started."""
    withdrawals.get(call.conn, id, call.party_id)
    setting = call.setting()
    return withdrawals.view(call.conn, withdrawals.cancel(call.conn, id, call.actor, setting, call.now), setting.assets)


def appeal_withdrawal(call: Call, id: str, body: shapes.NewAppeal) -> Any:
    """Say that it was treated wrongly: people who have not decided about it before look at it."""
    withdrawals.get(call.conn, id, call.party_id)
    setting = call.setting()
    done = withdrawals.appeal(call.conn, id, body.text, call.actor, setting, call.now)
    return withdrawals.view(call.conn, done, setting.assets)


def seize_withdrawal(call: Call, id: str, body: shapes.NewSeizure) -> Any:
    """Lay a lawful order before a second person; it takes effect with their approval. Freeze the customer first."""
    made = withdrawals.propose_seizure(
        call.conn, id, body.order_reference, body.document_sha256, call.actor, call.setting(), call.now
    )
    return case_file(cases.file(call.conn, made))


def abandon_withdrawal(call: Call, id: str, body: Lift) -> Any:
    """Cancel a payment that hangs on its own nonce; whichever of the two is mined decides."""
    found = withdrawals.get(call.conn, id)
    custody.abandon(call.conn, id, body.reason, call.actor, call.now)
    return withdrawals.view(call.conn, found, call.setting().assets)


def bump_withdrawal(call: Call, id: str, body: Lift) -> Any:
    """Make a payment that hangs dearer now, on its own nonce."""
    found = withdrawals.get(call.conn, id)
    custody.bump(call.conn, id, body.reason, call.actor, call.now)
    return withdrawals.view(call.conn, found, call.setting().assets)


def get_withdrawal_timeline(call: Call, id: str) -> Any:
    """Everything the journal says about the withdrawal and its payment, oldest first."""
    withdrawals.get(call.conn, id, call.party_id)
    return {"entries": [entry(n) for n in journal.about(call.conn, id)]}


def list_warnings(call: Call, id: str) -> Any:
    """The warnings that were shown for a withdrawal, each with its words."""
    withdrawals.get(call.conn, id, call.party_id)
    return {"warnings": [say.warning(w) for w in screening.warnings_of(call.conn, id)]}


def acknowledge_warning(call: Call, id: str, warning: str, body: shapes.Evidence) -> Any:
    """The customer has read a warning."""
    found = withdrawals.get(call.conn, id, call.party_id)
    screening.acknowledge(call.conn, warning, found.party_id, body.evidence, call.actor, call.now)
    return list_warnings(call, id)


def insist_on_warning(call: Call, id: str, warning: str, body: shapes.Evidence) -> Any:
    """After acknowledging the warning the customer wants the withdrawal all the same; a person looks at it."""
    withdrawals.get(call.conn, id, call.party_id)
    withdrawals.insist(call.conn, id, warning, body.evidence, call.actor, call.setting(), call.now)
    return list_warnings(call, id)


_W = "/v1/withdrawals"

ROUTES: tuple[Route, ...] = (
    Route("POST", _W, "withdrawals:write", request_withdrawal, shapes.Withdrawal, 201, True, "json", UNFIT),
    Route("GET", _W, "withdrawals:read", list_withdrawals, shapes.Withdrawals, refuses=UNKNOWN),
    Route("GET", _W + "/{id}", "withdrawals:read", get_withdrawal, shapes.WithdrawalWithPayout, refuses=UNKNOWN),
    Route("GET", _W + "/{id}/timeline", "withdrawals:read", get_withdrawal_timeline, Timeline, refuses=UNKNOWN),
    Route(
        "POST",
        _W + "/{id}/confirm",
        "withdrawals:write",
        confirm_withdrawal,
        shapes.Withdrawal,
        200,
        True,
        "json",
        (404, 409, 429),
    ),
    Route("POST", _W + "/{id}/challenge", "withdrawals:write", challenge_withdrawal, shapes.Challenge, refuses=UNFIT),
    Route(
        "POST",
        _W + "/{id}/resend",
        "withdrawals:write",
        resend_link,
        shapes.Withdrawal,
        200,
        True,
        refuses=(404, 409, 429),
    ),
    Route(
        "POST", _W + "/{id}/cancel", "withdrawals:write", cancel_withdrawal, shapes.Withdrawal, 200, True, refuses=UNFIT
    ),
    Route("POST", _W + "/{id}/bump", "treasury:write", bump_withdrawal, shapes.Withdrawal, 200, True, "json", UNFIT),
    Route(
        "POST", _W + "/{id}/abandon", "treasury:write", abandon_withdrawal, shapes.Withdrawal, 200, True, "json", UNFIT
    ),
    Route(
        "POST",
        _W + "/{id}/information",
        "withdrawals:write",
        inform_withdrawal,
        shapes.Withdrawal,
        200,
        True,
        "json",
        UNFIT,
    ),
    Route(
        "POST", _W + "/{id}/appeal", "withdrawals:write", appeal_withdrawal, shapes.Withdrawal, 201, True, "json", UNFIT
    ),
    Route("POST", _W + "/{id}/seize", "withdrawals:seize", seize_withdrawal, CaseWithFile, 201, True, "json", UNFIT),
    Route("GET", _W + "/{id}/warnings", "withdrawals:read", list_warnings, shapes.Warnings, refuses=UNKNOWN),
    Route(
        "POST",
        _W + "/{id}/warnings/{warning}/acknowledge",
        "withdrawals:write",
        acknowledge_warning,
        shapes.Warnings,
        200,
        True,
        "json",
        UNKNOWN,
    ),
    Route(
        "POST",
        _W + "/{id}/warnings/{warning}/insist",
        "withdrawals:write",
        insist_on_warning,
        shapes.Warnings,
        200,
        True,
        "json",
        UNFIT,
    ),
)
