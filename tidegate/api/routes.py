"""The calls: one function each, and the table that the server, the reference and the tests are made from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import Query

import tidegate
from tidegate.api import say, shapes, store
from tidegate.api.door import PUBLIC, Asking, Call, Route, Said, Secret, replay_scope
from tidegate.api.say import page
from tidegate.base.canonical import canonical, digest
from tidegate.base.money import to_text
from tidegate.base.refusals import Malformed, NotFound, Refusal
from tidegate.base.times import hours, rfc3339
from tidegate.cases import flow as cases
from tidegate.cases.case import SEEN_BY
from tidegate.custody import flow as custody
from tidegate.db import act, journal
from tidegate.ledger import flow as ledger
from tidegate.notifications import templates
from tidegate.parties import flow as parties
from tidegate.parties.party import Party, Verified
from tidegate.policy import flow as policies
from tidegate.policy import jurisdictions
from tidegate.policy.market import flow as market
from tidegate.policy.market.quotes import Quote
from tidegate.policy.pack import faults
from tidegate.screening import flow as screening
from tidegate.withdrawals import bundle, replaying
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import store as withdrawal_store
from tidegate.withdrawals.asking import Ask, destination
from tidegate.withdrawals.standing import answer as standing_answer
from tidegate.withdrawals.standing import flow as standing
from tidegate.withdrawals.standing import store as standing_store
from tidegate.withdrawals.standing.calendar import Schedule
from tidegate.withdrawals.standing.instruction import Instruction
from tidegate.withdrawals.standing.instruction import Status as StandingStatus
from tidegate.withdrawals.standing.wanted import Wanted
from tidegate.withdrawals.withdrawal import Status

Limit = Annotated[int, Query(ge=1, le=200, description="At most so many.")]
Before = Annotated[str | None, Query(pattern=r"^[a-z]+_[0-9a-z]{26}$", description="`next` of the page before.")]
After = Annotated[str, Query(pattern=r"^[0-9]{1,18}\.(-1|[0-9]{1,9})$", description="Place in the journal.")]
Text = Annotated[str | None, Query(max_length=200)]
Day = Annotated[str | None, Query(pattern=r"^\d{4}-\d\d-\d\d$", description="A day like 2026-08-20.")]
CaseStatus = Annotated[Literal["open", "approved", "declined", "moot"] | None, Query()]

START = "0.-1"
"""Before the first entry of the journal."""


# Customers.


def create_customer(call: Call, body: shapes.NewCustomer) -> Any:
    """Take a customer in. They have no identity level yet, so nothing can leave."""
    made = parties.register(call.conn, body.external_id, body.country, body.name, body.email, call.actor, call.now)
    return say.customer(made)


def list_customers(call: Call, q: Text = None, before: Before = None, limit: Limit = 50) -> Any:
    """Customers, newest first; `q` looks in ids, names and mail addresses."""
    if call.party_id is not None:
        return page("customers", [say.customer(parties.get(call.conn, call.party_id))], limit + 1)
    return page("customers", [say.customer(p) for p in parties.page(call.conn, q, before, limit)], limit)


def get_customer(call: Call, id: str) -> Any:
    """One customer."""
    return say.customer(_party(call, id))


def set_identity(call: Call, id: str, body: shapes.Identity) -> Any:
    """Write down who somebody verified the customer to be. It replaces what was known before."""
    verified = Verified(body.level, body.verified_name, body.date_of_birth, body.country, body.provider, body.reference)
    return say.customer(parties.set_identity(call.conn, call.customer(id), verified, call.actor, call.now))


def record_event(call: Call, id: str, body: shapes.NewEvent) -> Any:
    """Tell what happened to the customer's account: a changed password makes withdrawals wait."""
    said = parties.record_event(
        call.conn,
        call.customer(id),
        body.type,
        body.at,
        call.actor,
        call.now,
        body.device_id,
        body.ip,
        body.country,
    )
    return say.event(said)


def get_balances(call: Call, id: str) -> Any:
    """What the customer has, explained by purpose of hold."""
    _party(call, id)
    assets = call.setting().assets
    return {"balances": [say.balance(b, assets[b.asset_id]) for b in ledger.balances(call.conn, id)]}


def get_limits(call: Call, id: str) -> Any:
    """What still fits into each window."""
    found = withdrawals.headroom(call.conn, _party(call, id), call.setting(), call.now, call.actor)
    return {"currency": "USD", "windows": [say.window(h) for h in found]}


def get_timeline(call: Call, id: str) -> Any:
    """Everything the journal says about the customer and their withdrawals, oldest first."""
    _party(call, id)
    return {"entries": [say.entry(n) for n in withdrawal_store.timeline(call.conn, id)]}


def freeze_customer(call: Call, id: str, body: shapes.Freeze) -> Any:
    """Stop everything outgoing of the customer, at once, until somebody lifts it."""
    return say.restriction(parties.freeze(call.conn, call.customer(id), body.reason, call.actor, call.now))


def enrol_factor(call: Call, id: str, body: shapes.NewFactor) -> Any:
    """Give the customer an authenticator app. Replacing one counts as a change of factor."""
    made = parties.enrol_totp(call.conn, call.customer(id), call.gate.data_key, call.actor, call.now)
    return Secret({"id": made.id, "secret": made.secret, "otpauth_uri": made.otpauth_uri}, made.id)


# Custody, addresses.


def make_deposit_address(call: Call, id: str, body: shapes.AssetName) -> Any:
    """The address at which the customer's deposits arrive; always the same one per network."""
    asset = call.setting().by_name.get((body.asset, body.network))
    if asset is None:
        raise Malformed("asset_unknown", f"{body.asset}@{body.network} is not an asset here.", field="asset")
    address = custody.deposit_address(call.conn, call.customer(id), asset.network, call.actor, call.now)
    return {"customer": id, "asset": asset.symbol, "network": asset.network, "address": address, "memo": None}


def list_deposits(call: Call, customer: Text = None, before: Before = None, limit: Limit = 50) -> Any:
    """Deposits, newest first: seen on chain, credited when final."""
    whose = _whose(call, customer)
    assets = call.setting().assets
    found = custody.deposits(call.conn, whose, before, limit)
    return page("deposits", [say.deposit(d, assets[d.asset_id]) for d in found], limit)


def save_address(call: Call, id: str, body: shapes.NewAddress) -> Any:
    """Put an address into the customer's book, so that its waiting time begins."""
    setting = call.setting()
    address = destination(body.network, body.address, body.memo or "", setting.by_name, setting.ours)
    if body.network not in {asset.network for asset in setting.assets.values()}:
        raise Malformed("network_unknown", f"No asset of {body.network} is handled here.", field="network")
    with act(call.conn, call.actor, call.now) as tx:
        if call.customer(id) not in parties.lock(call.conn, [id]):
            raise NotFound("customer_unknown", f"There is no customer {id}.")
        entry, _ = screening.save(tx, id, body.network, address, body.memo or "", body.label, body.ownership)
    return say.address(entry, _usable_at(call, entry), _warnings(call, [entry])[entry.id])


def list_addresses(call: Call, id: str) -> Any:
    """The customer's address book, newest first."""
    _party(call, id)
    book = screening.book(call.conn, id)
    warnings = _warnings(call, book)
    return {"addresses": [say.address(a, _usable_at(call, a), warnings[a.id]) for a in book]}


def remove_address(call: Call, id: str) -> Any:
    """Take an address out of the book. It stays known as one that was named, and under an allow-list it is closed."""
    entry = screening.unbook(call.conn, id, call.party_id, call.actor, call.now)
    return say.address(entry, _usable_at(call, entry), _warnings(call, [entry])[entry.id])


def challenge_ownership(call: Call, id: str) -> Any:
    """A text to sign with the key of a self-hosted address, which proves that it is the customer's."""
    return say.challenge(screening.challenge(call.conn, id, call.party_id, call.gate.platform, call.actor, call.now))


def prove_ownership(call: Call, id: str, body: shapes.OwnershipSignature) -> Any:
    """The newest text, signed. Signatures of contract wallets (EIP-1271) are refused: `signature_kind_unsupported`."""
    return say.proof(screening.prove(call.conn, id, call.party_id, body.signature, call.actor, call.now))


def get_allow_list(call: Call, id: str) -> Any:
    """Whether only addresses in the customer's book may be paid, and who decided that."""
    _party(call, id)
    return say.allow_list(id, screening.get_allow_list(call.conn, id), call.now)


def switch_allow_list(call: Call, id: str, body: shapes.SwitchAllowList) -> Any:
    """Pay only addresses in the book, from now on; or ask that this end, which takes as long as the policy says."""
    numbers = call.setting().policy.screening
    done = screening.set_allow_list(call.conn, call.customer(id), body.on, call.actor, numbers, call.now)
    return say.allow_list(id, done, call.now)


def _warnings(call: Call, book: Sequence[screening.SavedAddress]) -> dict[str, list[str]]:
    """What lists say of each entry today, and whether it could be taken for another one that the customer knows."""
    numbers = call.setting().policy.screening_numbers
    found = screening.hits(call.conn, sorted({(a.network, a.address) for a in book}), call.now)
    likes = screening.look_alikes(call.conn, book, numbers.look_alike) if numbers else {}
    warnings: dict[str, list[str]] = {}
    for a in book:
        hits = found.get((a.network, a.address), [])
        listed = any(numbers is None or numbers.action(hit.list, hit.category) != "allow" for hit in hits)
        alike = (a.party_id, a.network, a.address) in likes
        warnings[a.id] = [code for code, said in (("address_listed", listed), ("address_look_alike", alike)) if said]
    return warnings


def _usable_at(call: Call, entry: screening.SavedAddress) -> datetime | None:
    """From when the smallest amount that waits no longer waits; null where new addresses do not wait at all."""
    policy = call.setting().policy
    wait = policy.new_address_hours(policy.new_address_from)
    return None if wait is None else entry.saved_at + hours(wait)


# Withdrawals.


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
        stated=_stated(body),
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
        call.conn, _whose(call, customer), status.value if status else None, None, before, limit
    )
    return page("withdrawals", withdrawals.views(call.conn, found, call.setting().assets), limit)


def get_withdrawal(call: Call, id: str) -> Any:
    """One withdrawal, with its payment on chain."""
    found = withdrawals.get(call.conn, id, call.party_id)
    view = custody.payouts_of(call.conn, [id]).get(id)
    head = call.gate.head(found.network) if view is not None and view.mined_block is not None else None
    return {**withdrawals.view(call.conn, found, call.setting().assets), "payout": say.payout(view, head)}


def confirm_withdrawal(call: Call, id: str, body: shapes.Confirmation) -> Any:
    """Confirm what was shown, with the factor that the decision asked for."""
    withdrawals.get(call.conn, id, call.party_id)
    setting = call.setting()
    done = withdrawals.confirm(call.conn, id, body.factor, body.code, call.gate.data_key, call.actor, setting, call.now)
    return withdrawals.view(call.conn, done, setting.assets)


def _stated(body: shapes.NewWithdrawal | shapes.TravelRuleInformation) -> dict[str, Any] | None:
    """What a body says of the receiver and the customer; None where it says nothing."""
    parts = ("beneficiary", "counterparty", "originator")
    given = {part: getattr(body, part, None) for part in parts}
    return {part: said.model_dump() for part, said in given.items() if said is not None} or None


def inform_withdrawal(call: Call, id: str, body: shapes.Information) -> Any:
    """Give what the hold letter asks for: an answer to a reviewer, who receives and where, a proof of ownership."""
    withdrawals.get(call.conn, id, call.party_id)
    setting = call.setting()
    if isinstance(body, shapes.NewInformation):
        done = withdrawals.inform(call.conn, id, body.kind, body.text, call.actor, call.now)
    elif isinstance(body, shapes.OwnershipInformation):
        done = withdrawals.prove_address(call.conn, id, body.signature, call.actor, setting, call.now)
    else:
        stated = _stated(body) or {}
        done = withdrawals.state_receiver(call.conn, id, stated, body.self_hosted, call.actor, setting, call.now)
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
    return say.case_file(cases.file(call.conn, made))


def abandon_withdrawal(call: Call, id: str, body: shapes.Lift) -> Any:
    """Cancel a payment that hangs on its own nonce; whichever of the two is mined decides."""
    found = withdrawals.get(call.conn, id)
    custody.abandon(call.conn, id, body.reason, call.actor, call.now)
    return withdrawals.view(call.conn, found, call.setting().assets)


def get_withdrawal_timeline(call: Call, id: str) -> Any:
    """Everything the journal says about the withdrawal and its payment, oldest first."""
    withdrawals.get(call.conn, id, call.party_id)
    return {"entries": [say.entry(n) for n in journal.about(call.conn, id)]}


async def decide_alone(asking: Asking, body: shapes.NewDecision) -> Said:
    """Ask for a decision alone: the platform keeps the funds and pays by itself. Its room in the limits is reserved.

    No funds are looked at and none are held. Commit once it is paid, release if it is not; else it expires.
    """
    ask = Ask(
        party_id=body.customer,
        actor=asking.identity.actor,
        asset=body.asset,
        network=body.network,
        amount=body.amount,
        address=body.address,
        address_id=body.address_id,
        memo=body.memo,
        scope=replay_scope(asking.identity),
        key=asking.key,
        request=asking.asked,
        alone=True,
    )
    answer = await asking.gate.batching.request(ask)
    return Said(answer.status, answer.body, replayed=answer.replayed)


def commit_decision(call: Call, id: str) -> Any:
    """The platform has paid: the room in the limits is consumed."""
    return withdrawals.alone_view(call.conn, withdrawals.commit(call.conn, id, call.actor, call.now))


def release_decision(call: Call, id: str) -> Any:
    """The platform does not pay: the room in the limits is free again."""
    return withdrawals.alone_view(call.conn, withdrawals.let_go(call.conn, id, call.actor, call.now))


def get_decision(call: Call, id: str) -> Any:
    """A decision with its findings, everything it saw, and the versions that judged."""
    return say.decision(_decision(call, id), withdrawal_store.lone(call.conn, id))


def replay_decision(call: Call, id: str) -> Any:
    """Judge the stored facts again under the stored policy: the same bytes, years later."""
    row = _decision(call, id)
    again = replaying.replay(row.facts, policies.at_version(call.conn, row.policy_version))
    findings = canonical(again.findings)
    return {
        "identical": findings == row.findings and again.outcome.value == row.outcome,
        "outcome": again.outcome.value,
        "findings": json.loads(findings),
        "stored_outcome": row.outcome,
        "facts_intact": digest(json.loads(row.facts)) == row.facts_hash,
        "engine": tidegate.__version__,
        "stored_engine": row.engine,
    }


def _decision(call: Call, id: str) -> withdrawal_store.DecisionRow:
    row = withdrawal_store.decision(call.conn, id)
    if row is None:
        raise NotFound("decision_unknown", f"There is no decision {id}.")
    return row


# Lists, restrictions, cases.


def list_lists(call: Call) -> Any:
    """The screening lists: how many entries, how old, fresh or not."""
    return {
        "lists": [
            {
                "name": item.name,
                "entries": item.entries,
                "as_of": say.at(item.imported_at),
                "fresh": screening.is_fresh(item, call.now),
                "max_age_hours": item.max_age_hours,
            }
            for item in screening.all_lists(call.conn)
        ]
    }


def list_quarantine(call: Call, name: str) -> Any:
    """Rows of the newest import that nobody could read."""
    if name not in {item.name for item in screening.all_lists(call.conn)}:
        raise NotFound("list_unknown", f"There is no list {name[:64]!r}; GET /v1/lists names them.")
    rows = screening.quarantine(call.conn, name)
    return {"quarantined": [{"line": r.line, "reason": r.reason, "text": r.text} for r in rows]}


def import_list(
    call: Call, name: str, text: str, force: bool = False, format: Literal["csv", "tags", "events"] = "csv"
) -> Any:
    """Replace a list by a CSV file whose header names `address` and `asset` or `network`.

    `format=tags` reads a tag pack, `format=events` a history of additions and removals.
    """
    done = screening.import_list(call.conn, name, text, call.actor, call.now, format=format, force=force)
    return {
        "imported": done.imported,
        "removed": done.removed,
        "quarantined": [{"line": q.line, "reason": q.reason} for q in done.quarantined],
    }


def list_restrictions(call: Call, customer: Text = None, before: Before = None, limit: Limit = 50) -> Any:
    """Restrictions ever ordered, newest first."""
    found = parties.restriction_page(call.conn, customer, before, limit)
    return page("restrictions", [say.restriction(r) for r in found], limit)


def restrict(call: Call, body: shapes.NewRestriction) -> Any:
    """Order a restriction; it stops moves from now on and rewrites nothing."""
    made = parties.restrict(call.conn, body.party, body.kind, body.until, body.reason, call.actor, call.now, body.value)
    return say.restriction(made)


def lift_restriction(call: Call, id: str, body: shapes.Lift) -> Any:
    """End a restriction."""
    return say.restriction(parties.lift(call.conn, id, body.reason, call.actor, call.now))


def list_cases(
    call: Call, status: CaseStatus = None, overdue: bool | None = None, before: Before = None, limit: Limit = 50
) -> Any:
    """Questions for people, newest first; `overdue=true` for those that were not answered in time."""
    kinds = SEEN_BY.get(call.identity.role)
    return page("cases", [say.case(c) for c in cases.page(call.conn, status, before, limit, overdue, kinds)], limit)


def get_case(call: Call, id: str) -> Any:
    """One case with everything people said."""
    return say.case_file(cases.file(call.conn, _case(call, id)))


def get_bundle(call: Call, id: str) -> Any:
    """The evidence in one canonical text with its SHA-256: the same bytes while nothing new is known."""
    call.identity.require("cases:read")  # beside the route's own: it shows the case and the journal
    return Said(200, bundle.sealed(withdrawals.evidence(call.conn, _case(call, id))))


def assign_case(call: Call, id: str) -> Any:
    """Take the case: everybody sees who looks at it."""
    return say.case(cases.assign(call.conn, _case(call, id), call.actor, call.actor, call.now))


def snooze_case(call: Call, id: str, body: shapes.Snooze) -> Any:
    """Let it sleep until a time: nobody is alarmed meanwhile."""
    return say.case(cases.snooze(call.conn, _case(call, id), body.until, body.reason, call.actor, call.now))


def add_evidence(call: Call, id: str, body: shapes.NewEvidence) -> Any:
    """Add to the file what was found out."""
    return say.case_file(cases.add_evidence(call.conn, _case(call, id), body.note, call.actor, call.now))


def ask_customer(call: Call, id: str, body: shapes.NewQuestion) -> Any:
    """Ask the customer something; the withdrawal waits for the answer, until the deadline."""
    withdrawals.ask(call.conn, _case(call, id), body.what, body.deadline_hours, call.actor, call.now)
    return say.case_file(cases.file(call.conn, id))


def answer_case(call: Call, id: str, body: shapes.NewAnswer) -> Any:
    """Approve or decline. One decline ends it; approvals count until the quorum is there."""
    return say.case_file(cases.answer(call.conn, _case(call, id), call.actor, body.answer, body.reason, call.now))


def _case(call: Call, id: str) -> str:
    """The id, where the caller's role sees cases of that kind. Raises NotFound, as for one that does not exist."""
    kinds = SEEN_BY.get(call.identity.role)
    if kinds is not None and cases.get(call.conn, id).kind not in kinds:
        raise NotFound("case_unknown", f"There is no case {id}.")
    return id


# Policies, kill switches, keys.


def list_policies(call: Call) -> Any:
    """Every version, newest first."""
    current = _in_force(call)
    return {"policies": [say.policy(v, v.version == current) for v in policies.versions(call.conn)]}


def propose_policy(call: Call, body: dict[str, Any]) -> Any:
    """Keep a pack as a draft; a second person must approve it."""
    return say.policy(policies.propose(call.conn, body, call.actor, call.now), False)


def check_policy(call: Call, body: dict[str, Any]) -> Any:
    """Say everything that is wrong with a pack, without keeping it."""
    wrong = faults(body)
    return {
        "valid": not wrong,
        "errors": [{"field": f.field, "code": f.code, "message": f.message} for f in wrong],
    }


def approve_policy(call: Call, version: int) -> Any:
    """Agree to somebody else's draft."""
    return say.policy(policies.approve(call.conn, version, call.actor, call.now), False)


def activate_policy(call: Call, version: int) -> Any:
    """Put an approved version in force now."""
    done = policies.activate(call.conn, version, call.actor, call.now)
    return say.policy(done, _in_force(call) == version)


def _in_force(call: Call) -> int | None:
    try:
        return policies.active(call.conn, call.now).version
    except Refusal:  # none is in force yet: a state to show, not a fault
        return None


def list_switches(call: Call) -> Any:
    """The kill switches that are on."""
    return {"kill_switches": [say.switch(s) for s in policies.switches(call.conn)]}


def switch_on(call: Call, body: shapes.NewSwitch) -> Any:
    """Stop payments of an asset, a network or everything, at once."""
    return say.switch(policies.switch_on(call.conn, body.scope, body.subject, body.reason, call.actor, call.now))


def switch_off(call: Call, id: str) -> Any:
    """Let payments go on."""
    policies.switch_off(call.conn, id, call.actor, call.now)
    return {"kill_switches": [say.switch(s) for s in policies.switches(call.conn)]}


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


def get_jurisdiction(call: Call, place: str, on: Day = None) -> Any:
    """What a place asks for on a day, with each rule's source; today where no day is named."""
    policy = call.setting().policy
    if not jurisdictions.is_place(place):
        raise NotFound("place_unknown", f"{place[:20]!r} is no place, like DE, AE-DU or EU.", field="place")
    try:
        day = date.fromisoformat(on) if on else call.now.date()
    except ValueError as fault:
        raise Malformed("day_malformed", f"{on} is no day of the calendar: {fault}.", field="on") from fault
    held = jurisdictions.law(policy.places, [place], day)
    return say.jurisdiction(place, held, jurisdictions.worse(held.standing, policy.jurisdiction(place)))


def list_exemptions(
    call: Call, place: Text = None, customer: Text = None, before: Before = None, limit: Limit = 50
) -> Any:
    """Customers whom a place's delays do not hold, newest first."""
    found = policies.exemption_page(call.conn, place, customer, before, limit)
    return page("exemptions", [say.exemption(e, call.now) for e in found], limit)


def propose_exemption(call: Call, body: shapes.NewExemption) -> Any:
    """Ask that a place's delays do not hold a customer. A second person must agree."""
    made = policies.propose_exemption(
        call.conn, body.place, body.customer, body.until, body.reason, call.actor, call.now
    )
    return say.exemption(made, call.now)


def approve_exemption(call: Call, id: str) -> Any:
    """Agree with an exemption that somebody else proposed."""
    return say.exemption(policies.approve_exemption(call.conn, id, call.actor, call.now), call.now)


def end_exemption(call: Call, id: str) -> Any:
    """Let the place's delays hold the customer again, at once."""
    return say.exemption(policies.end_exemption(call.conn, id, call.actor, call.now), call.now)


# The market.


def tell_prices(call: Call, body: shapes.NewPrices) -> Any:
    """Tell prices of one source. Each is believed or refused on its own, and only tightens or eases the regime."""
    quotes = [Quote(**{name: getattr(q, name) for name in type(q).model_fields}) for q in body.prices]
    fed = market.feed(call.conn, body.source, quotes, call.actor, call.now)
    return {
        "accepted": fed.accepted,
        "duplicates": fed.duplicates,
        "refused": [{"place": r.place, "code": r.code, "message": r.message} for r in fed.refused],
        "changes": fed.changes,
    }


def list_regimes(call: Call) -> Any:
    """How restless the market of each asset is, and what that leaves of a limit."""
    return _regimes(call, call.setting())


def restart_source(call: Call, body: shapes.NewRestart) -> Any:
    """Say what a source's price really is, however far from its last one, or that the source is gone for good."""
    market.restart(call.conn, body.asset, body.network, body.source, body.price, body.reason, call.actor, call.now)
    return _regimes(call, call.setting())


def _regimes(call: Call, setting: withdrawals.Setting) -> Any:
    found = market.regimes(call.conn, setting.assets.keys(), call.now, setting.policy)
    return {"at": rfc3339(call.now), "regimes": [say.regime(setting.assets[id], found[id]) for id in sorted(found)]}


def list_keys(call: Call) -> Any:
    """Every key, without secrets."""
    return {"keys": [say.key(k) for k in parties.keys(call.conn)]}


def create_key(call: Call, body: shapes.NewKey) -> Any:
    """Give somebody a key. It is shown in this answer and nowhere else."""
    made = parties.create_key(
        call.conn,
        body.role,
        body.label,
        call.actor,
        call.now,
        body.customer,
        body.scopes,
        body.addresses,
        body.expires_at,
    )
    kept = next(k for k in parties.keys(call.conn) if k.id == made.id)
    return Secret({**say.key(kept), "key": made.secret}, made.id)


def revoke_key(call: Call, id: str) -> Any:
    """Take a key away for good."""
    parties.revoke_key(call.conn, id, call.actor, call.now)
    return say.key(next(k for k in parties.keys(call.conn) if k.id == id))


# Treasury, journal, public.


def get_treasury(call: Call, limit: Limit = 100) -> Any:
    """The wallets that pay, every payment that has not ended, and whether ledger and chain agree."""
    assets = call.setting().assets
    wallets = [w for n in custody.networks(call.conn) for w in custody.wallets(call.conn, n.id) if w.kind == "hot"]
    return {
        "wallets": [{"network": w.network, "address": w.address, "next_nonce": w.next_nonce} for w in wallets],
        "payouts": [
            {
                "id": p.id,
                "purpose": p.purpose,
                "ref": p.ref,
                "asset": assets[p.asset_id].symbol,
                "network": p.network,
                "amount": to_text(p.units, assets[p.asset_id].decimals),
                "status": p.status,
                "waiting_for": p.waiting_for,
                "detail": p.detail,
                "failures": p.failures,
                "nonce": p.nonce,
                "tx": p.hash,
                "created_at": rfc3339(p.created_at),
            }
            for p in store.open_payouts(call.conn, limit)
        ],
        "books": [say.book_check(b, assets[b.asset_id]) for b in custody.book_checks(call.conn)],
        "ledger": say.ledger_check(custody.ledger_check(call.conn)),
        "lanes": [say.lane(item) for item in custody.stopped_lanes(call.conn)],
        "egress": say.trip(policies.open_trip(call.conn)),
    }


def resume_lane(call: Call, wallet: str, body: shapes.Lift) -> Any:
    """Let a wallet pay again that stopped after too many failures in a row."""
    custody.resume_lane(call.conn, wallet, body.reason, call.actor, call.now)
    return {"lanes": [say.lane(item) for item in custody.stopped_lanes(call.conn)]}


def resume_payout(call: Call, id: str, body: shapes.Lift) -> Any:
    """Try a payment again that stopped after too many failures."""
    found = custody.resume_payout(call.conn, id, body.reason, call.actor, call.now)
    return {"id": found.id, "status": found.status, "waiting_for": found.waiting_for, "failures": found.failures}


def get_egress(call: Call) -> Any:
    """The egress breaker: whether it holds, its line, and what was asked for in its window."""
    return _egress(call)


def reset_egress(call: Call, body: shapes.Lift) -> Any:
    """Ask that payments go on. Where the policy asks for two people, the second one's call brings it about."""
    policies.reset_breaker(call.conn, body.reason, call.actor, call.now)
    return _egress(call)


def _egress(call: Call) -> Any:
    numbers = call.setting().policy.behaviour
    line = None if numbers is None else numbers.egress
    haste = None if line is None else withdrawals.haste(call.conn, line, call.now)
    return say.egress(policies.breaker(call.conn), haste, call.now)


def list_events(call: Call, after: After = START, limit: Limit = 100) -> Any:
    """The ordered feed of everything that happened; go on from `next`."""
    return _feed(call, "events", after, limit)


def list_journal(call: Call, after: After = START, limit: Limit = 100) -> Any:
    """The journal's entries after a place, for a copy of one's own."""
    return _feed(call, "entries", after, limit)


def get_journal_root(call: Call) -> Any:
    """The hash over everything so far."""
    tip = store.tip(call.conn)
    return {"links": tip.links, "tip": tip.tip.hex(), "at": say.at(tip.at)}


def _feed(call: Call, name: str, after: str, limit: int) -> Any:
    link, _, position = after.partition(".")
    found = [say.entry(n) for n in journal.after(call.conn, int(link), int(position), limit)]
    return {name: found, "next": found[-1]["cursor"] if found else after}


def get_status(call: Call) -> Any:
    """What everybody may know: what is paused and why, and how long withdrawals took in the last 24 hours."""
    switches = policies.switches(call.conn)
    trip = policies.open_trip(call.conn)
    assets = call.setting().assets
    return {
        "at": rfc3339(call.now),
        "withdrawals": "paused" if trip is not None or any(s.scope == "platform" for s in switches) else "open",
        "switches": [{k: v for k, v in say.switch(s).items() if k != "id"} for s in switches],
        "egress": None
        if trip is None
        else {"since": rfc3339(trip.since), "reason": templates.WAITING["egress"].both()},
        "assets": [
            {
                "asset": assets[s.asset_id].symbol,
                "network": assets[s.asset_id].network,
                "settled": s.settled,
                "median_seconds": s.median_seconds,
                "p95_seconds": s.p95_seconds,
            }
            for s in store.speeds(call.conn, call.now - timedelta(hours=24))
        ],
    }


def list_assets(call: Call) -> Any:
    """The assets that are handled here."""
    return {"assets": say.assets_by_id(call.setting().assets)}


def get_metrics(call: Call) -> Any:
    """For Prometheus."""
    return Said(200, call.gate.metrics.text(call.conn, call.gate.batching.depth, call.now), "text/plain; version=0.0.4")


def _party(call: Call, id: str) -> Party:
    return parties.get(call.conn, call.customer(id))


def _whose(call: Call, customer: str | None) -> str | None:
    """Whose things a list shows: a customer's credential sees its own, whatever it asks for."""
    if call.party_id is None:
        return customer
    if customer not in (None, call.party_id):
        raise NotFound("customer_unknown", f"There is no customer {customer}.", field="customer")
    return call.party_id


# Standing withdrawals.


def create_standing(call: Call, body: shapes.NewStanding) -> Any:
    """Set up a standing withdrawal. Nothing runs before the customer has confirmed it with a code."""
    party_id, name = call.customer(body.customer), (body.asset, body.network)
    made = standing.create(call.conn, party_id, name, _wanted(body), call.actor, call.setting(), call.now)
    return _standing(call, made)


def list_standing(
    call: Call,
    customer: Text = None,
    status: Annotated[StandingStatus | None, Query()] = None,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """Standing withdrawals, newest first, deleted ones too: without their settings."""
    whose = _whose(call, customer)
    found = standing_store.page(call.conn, whose, status.value if status else None, before, limit)
    return page("standing_withdrawals", standing.views(call.conn, found, call.setting().assets), limit)


def get_standing(call: Call, id: str) -> Any:
    """One standing withdrawal: its terms in force, and those that wait for a code."""
    return _standing(call, standing.get(call.conn, id, call.party_id))


def edit_standing(call: Call, id: str, body: shapes.StandingTerms) -> Any:
    """Draft new terms. Those in force stay in force until the customer has confirmed the draft with a code."""
    standing.get(call.conn, id, call.party_id)
    return _standing(call, standing.edit(call.conn, id, _wanted(body), call.actor, call.setting(), call.now))


def confirm_standing(call: Call, id: str, body: shapes.Confirmation) -> Any:
    """Confirm the draft that was shown."""
    standing.get(call.conn, id, call.party_id)
    key, setting = call.gate.data_key, call.setting()
    done = standing.confirm(call.conn, id, body.factor, body.code, key, call.actor, setting, call.now)
    return _standing(call, done)


def pause_standing(call: Call, id: str) -> Any:
    """Stop running, and keep the settings."""
    standing.get(call.conn, id, call.party_id)
    return _standing(call, standing.pause(call.conn, id, call.actor, call.now))


def resume_standing(call: Call, id: str, body: shapes.Confirmation) -> Any:
    """Let it run again, with a code. What was due meanwhile is not made up for."""
    standing.get(call.conn, id, call.party_id)
    key, setting = call.gate.data_key, call.setting()
    done = standing.resume(call.conn, id, body.factor, body.code, key, call.actor, setting, call.now)
    return _standing(call, done)


def delete_standing(call: Call, id: str) -> Any:
    """Wipe its settings for good, and take back what it asked for and no payment has begun."""
    standing.get(call.conn, id, call.party_id)
    return _standing(call, standing.delete(call.conn, id, call.actor, call.setting(), call.now))


def list_standing_runs(
    call: Call, id: str, before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None, limit: Limit = 50
) -> Any:
    """Every run, newest first: the withdrawal it made, or why it was skipped."""
    standing.get(call.conn, id, call.party_id)
    found = [standing_answer.run(r) for r in standing_store.runs(call.conn, id, before, limit)]
    return page("runs", found, limit, "number")


def _standing(call: Call, found: Instruction) -> Any:
    return standing.views(call.conn, [found], call.setting().assets)[0]


def _wanted(body: shapes.StandingTerms) -> Wanted:
    """The body as the rules read it."""
    trigger, amount, to = body.trigger, body.amount, body.destination
    ceiling = body.fee_ceiling
    if ceiling is not None and (ceiling.amount is None) == (ceiling.percent is None):
        raise Malformed("fee_ceiling_invalid", "Give either an amount of coins or a percentage.", field="fee_ceiling")
    schedule = None
    if isinstance(trigger, shapes.ScheduleTrigger):
        schedule = Schedule(trigger.every, trigger.at, trigger.zone, trigger.weekday, trigger.day)
    ids: tuple[str, ...] = ()
    if isinstance(to, shapes.FixedDestination):
        ids = (to.address_id,)
    if isinstance(to, shapes.RotatingDestination):
        ids = tuple(to.address_ids)
    return Wanted(
        schedule=schedule,
        balance=trigger.balance if isinstance(trigger, shapes.ThresholdTrigger) else None,
        price=trigger.price if isinstance(trigger, shapes.PriceTrigger) else None,
        when=trigger.when if isinstance(trigger, shapes.PriceTrigger) else None,
        amount=amount.amount if isinstance(amount, shapes.FixedAmount) else None,
        percent=amount.percent if isinstance(amount, shapes.PercentAmount) else None,
        keep_back=body.keep_back,
        least=body.least,
        most=body.most,
        fee_ceiling=None if ceiling is None else ceiling.amount,
        fee_percent=None if ceiling is None else ceiling.percent,
        address_ids=ids,
        xpub=to.xpub if isinstance(to, shapes.XpubDestination) else None,
    )


_C, _W, _D = "/v1/customers", "/v1/withdrawals", "/v1/decisions"
_S = "/v1/standing-withdrawals"
_NOT = (404,)
_FORM = (404, 409)

ROUTES: tuple[Route, ...] = (
    Route("POST", _C, "customers:write", create_customer, shapes.Customer, 201, True, "json", (409,)),
    Route("GET", _C, "customers:read", list_customers, shapes.Customers),
    Route("GET", _C + "/{id}", "customers:read", get_customer, shapes.Customer, refuses=_NOT),
    Route("PUT", _C + "/{id}/identity", "identity:write", set_identity, shapes.Customer, takes="json", refuses=_NOT),
    Route("POST", _C + "/{id}/events", "customers:write", record_event, shapes.Event, 201, True, "json", _NOT),
    Route("GET", _C + "/{id}/balances", "customers:read", get_balances, shapes.Balances, refuses=_NOT),
    Route("GET", _C + "/{id}/limits", "customers:read", get_limits, shapes.Limits, refuses=_FORM),
    Route("GET", _C + "/{id}/timeline", "customers:read", get_timeline, shapes.Timeline, refuses=_NOT),
    Route(
        "POST", _C + "/{id}/freeze", "customers:freeze", freeze_customer, shapes.Restriction, 201, True, "json", _NOT
    ),
    Route("POST", _C + "/{id}/factors", "factors:write", enrol_factor, shapes.Factor, 201, True, "json", _NOT),
    Route(
        "POST",
        _C + "/{id}/deposit-addresses",
        "deposits:write",
        make_deposit_address,
        shapes.DepositAddress,
        201,
        True,
        "json",
        _NOT,
    ),
    Route("POST", _C + "/{id}/addresses", "addresses:write", save_address, shapes.Address, 201, True, "json", _NOT),
    Route("GET", _C + "/{id}/addresses", "addresses:read", list_addresses, shapes.Addresses, refuses=_NOT),
    Route(
        "POST", "/v1/addresses/{id}/remove", "addresses:write", remove_address, shapes.Address, 200, True, refuses=_NOT
    ),
    Route(
        "POST",
        "/v1/addresses/{id}/ownership-challenge",
        "addresses:write",
        challenge_ownership,
        shapes.OwnershipChallenge,
        201,
        True,
        refuses=_FORM,
    ),
    Route(
        "POST",
        "/v1/addresses/{id}/ownership-proof",
        "addresses:write",
        prove_ownership,
        shapes.OwnershipProof,
        200,
        True,
        "json",
        _FORM,
    ),
    Route("GET", _C + "/{id}/allow-list", "addresses:read", get_allow_list, shapes.AllowList, refuses=_NOT),
    Route(
        "PUT",
        _C + "/{id}/allow-list",
        "addresses:write",
        switch_allow_list,
        shapes.AllowList,
        takes="json",
        refuses=_FORM,
    ),
    Route("GET", "/v1/deposits", "deposits:read", list_deposits, shapes.Deposits, refuses=_NOT),
    Route("POST", _W, "withdrawals:write", request_withdrawal, shapes.Withdrawal, 201, True, "json", _FORM),
    Route("GET", _W, "withdrawals:read", list_withdrawals, shapes.Withdrawals, refuses=_NOT),
    Route("GET", _W + "/{id}", "withdrawals:read", get_withdrawal, shapes.WithdrawalWithPayout, refuses=_NOT),
    Route("GET", _W + "/{id}/timeline", "withdrawals:read", get_withdrawal_timeline, shapes.Timeline, refuses=_NOT),
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
    Route(
        "POST", _W + "/{id}/cancel", "withdrawals:write", cancel_withdrawal, shapes.Withdrawal, 200, True, refuses=_FORM
    ),
    Route(
        "POST", _W + "/{id}/abandon", "treasury:write", abandon_withdrawal, shapes.Withdrawal, 200, True, "json", _FORM
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
        _FORM,
    ),
    Route(
        "POST", _W + "/{id}/appeal", "withdrawals:write", appeal_withdrawal, shapes.Withdrawal, 201, True, "json", _FORM
    ),
    Route(
        "POST", _W + "/{id}/seize", "withdrawals:seize", seize_withdrawal, shapes.CaseWithFile, 201, True, "json", _FORM
    ),
    Route("POST", _D, "decisions:write", decide_alone, shapes.LoneDecision, 201, True, "json", _FORM),
    Route(
        "POST", _D + "/{id}/commit", "decisions:write", commit_decision, shapes.LoneDecision, 200, True, refuses=_FORM
    ),
    Route(
        "POST", _D + "/{id}/release", "decisions:write", release_decision, shapes.LoneDecision, 200, True, refuses=_FORM
    ),
    Route("GET", "/v1/decisions/{id}", "decisions:read", get_decision, shapes.Decision, refuses=_NOT),
    Route("POST", "/v1/decisions/{id}/replay", "decisions:read", replay_decision, shapes.Replay, refuses=_NOT),
    Route("GET", "/v1/lists", "lists:read", list_lists, shapes.Lists),
    Route("GET", "/v1/lists/{name}/quarantine", "lists:read", list_quarantine, shapes.Quarantine, refuses=_NOT),
    Route("POST", "/v1/lists/{name}/import", "lists:write", import_list, shapes.Imported, 200, True, "csv"),
    Route("GET", "/v1/restrictions", "restrictions:read", list_restrictions, shapes.Restrictions),
    Route("POST", "/v1/restrictions", "restrictions:write", restrict, shapes.Restriction, 201, True, "json", _NOT),
    Route(
        "POST",
        "/v1/restrictions/{id}/lift",
        "restrictions:write",
        lift_restriction,
        shapes.Restriction,
        200,
        True,
        "json",
        _FORM,
    ),
    Route("GET", "/v1/cases", "cases:read", list_cases, shapes.Cases),
    Route("GET", "/v1/cases/{id}", "cases:read", get_case, shapes.CaseWithFile, refuses=_NOT),
    Route("POST", "/v1/cases/{id}/assign", "cases:answer", assign_case, shapes.Case, 200, True, refuses=_FORM),
    Route(
        "POST", "/v1/cases/{id}/evidence", "cases:answer", add_evidence, shapes.CaseWithFile, 201, True, "json", _FORM
    ),
    Route("GET", "/v1/cases/{id}/bundle", "journal:read", get_bundle, shapes.Bundle, refuses=_NOT),
    Route("POST", "/v1/cases/{id}/snooze", "cases:answer", snooze_case, shapes.Case, 200, True, "json", _FORM),
    Route("POST", "/v1/cases/{id}/ask", "cases:answer", ask_customer, shapes.CaseWithFile, 201, True, "json", _FORM),
    Route("POST", "/v1/cases/{id}/answer", "cases:answer", answer_case, shapes.CaseWithFile, 200, True, "json", _FORM),
    Route("GET", "/v1/policies", "policy:read", list_policies, shapes.Policies),
    Route("POST", "/v1/policies", "policy:write", propose_policy, shapes.PolicyVersion, 201, True, "json"),
    Route("POST", "/v1/policies/check", "policy:read", check_policy, shapes.PolicyCheck, takes="json"),
    Route(
        "POST",
        "/v1/policies/{version}/approve",
        "policy:approve",
        approve_policy,
        shapes.PolicyVersion,
        200,
        True,
        refuses=_FORM,
    ),
    Route(
        "POST",
        "/v1/policies/{version}/activate",
        "policy:write",
        activate_policy,
        shapes.PolicyVersion,
        200,
        True,
        refuses=_FORM,
    ),
    Route("GET", "/v1/kill-switches", "policy:read", list_switches, shapes.KillSwitches),
    Route("POST", "/v1/kill-switches", "switches:write", switch_on, shapes.KillSwitch, 201, True, "json", (409,)),
    Route(
        "POST",
        "/v1/kill-switches/{id}/off",
        "switches:write",
        switch_off,
        shapes.KillSwitches,
        200,
        True,
        refuses=_FORM,
    ),
    Route("GET", _W + "/{id}/warnings", "withdrawals:read", list_warnings, shapes.Warnings, refuses=_NOT),
    Route(
        "POST",
        _W + "/{id}/warnings/{warning}/acknowledge",
        "withdrawals:write",
        acknowledge_warning,
        shapes.Warnings,
        200,
        True,
        "json",
        _NOT,
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
        _FORM,
    ),
    Route("GET", "/v1/jurisdictions/{place}", "policy:read", get_jurisdiction, shapes.Jurisdiction, refuses=_NOT),
    Route("GET", "/v1/exemptions", "policy:read", list_exemptions, shapes.Exemptions),
    Route("POST", "/v1/exemptions", "policy:write", propose_exemption, shapes.Exemption, 201, True, "json", _FORM),
    Route(
        "POST",
        "/v1/exemptions/{id}/approve",
        "policy:approve",
        approve_exemption,
        shapes.Exemption,
        200,
        True,
        refuses=_FORM,
    ),
    Route("POST", "/v1/exemptions/{id}/end", "policy:write", end_exemption, shapes.Exemption, 200, True, refuses=_FORM),
    Route("GET", "/v1/market/regimes", "market:read", list_regimes, shapes.MarketRegimes),
    Route("POST", "/v1/market/prices", "market:write", tell_prices, shapes.PricesTaken, 200, True, "json"),
    Route(
        "POST",
        "/v1/market/sources/restart",
        "market:confirm",
        restart_source,
        shapes.MarketRegimes,
        200,
        True,
        "json",
        _NOT,
    ),
    Route("POST", _S, "withdrawals:write", create_standing, shapes.Standing, 201, True, "json", _FORM),
    Route("GET", _S, "withdrawals:read", list_standing, shapes.Standings, refuses=_NOT),
    Route("GET", _S + "/{id}", "withdrawals:read", get_standing, shapes.Standing, refuses=_NOT),
    Route("PUT", _S + "/{id}", "withdrawals:write", edit_standing, shapes.Standing, takes="json", refuses=_FORM),
    Route("DELETE", _S + "/{id}", "withdrawals:write", delete_standing, shapes.Standing, refuses=_FORM),
    Route(
        "POST",
        _S + "/{id}/confirm",
        "withdrawals:write",
        confirm_standing,
        shapes.Standing,
        200,
        True,
        "json",
        (404, 409, 429),
    ),
    Route("POST", _S + "/{id}/pause", "withdrawals:write", pause_standing, shapes.Standing, 200, True, refuses=_FORM),
    Route(
        "POST",
        _S + "/{id}/resume",
        "withdrawals:write",
        resume_standing,
        shapes.Standing,
        200,
        True,
        "json",
        (404, 409, 429),
    ),
    Route("GET", _S + "/{id}/runs", "withdrawals:read", list_standing_runs, shapes.StandingRuns, refuses=_NOT),
    Route("GET", "/v1/keys", "keys:read", list_keys, shapes.Keys),
    Route("POST", "/v1/keys", "keys:write", create_key, shapes.KeyWithSecret, 201, True, "json", _NOT),
    Route("POST", "/v1/keys/{id}/revoke", "keys:write", revoke_key, shapes.Key, 200, True, refuses=_FORM),
    Route("GET", "/v1/treasury", "treasury:read", get_treasury, shapes.Treasury),
    Route(
        "POST",
        "/v1/treasury/lanes/{wallet}/resume",
        "treasury:write",
        resume_lane,
        shapes.Lanes,
        200,
        True,
        "json",
        _FORM,
    ),
    Route(
        "POST",
        "/v1/treasury/payouts/{id}/resume",
        "treasury:write",
        resume_payout,
        shapes.ResumedPayout,
        200,
        True,
        "json",
        _FORM,
    ),
    Route("GET", "/v1/egress", "treasury:read", get_egress, shapes.Egress),
    Route("POST", "/v1/egress/reset", "egress:reset", reset_egress, shapes.Egress, 200, True, "json", (409,)),
    Route("GET", "/v1/assets", PUBLIC, list_assets, shapes.Assets),
    Route("GET", "/v1/events", "journal:read", list_events, shapes.Feed),
    Route("GET", "/v1/journal", "journal:read", list_journal, shapes.Journal),
    Route("GET", "/v1/journal/root", PUBLIC, get_journal_root, shapes.JournalRoot),
    Route("GET", "/v1/status", PUBLIC, get_status, shapes.PublicStatus),
    Route("GET", "/metrics", PUBLIC, get_metrics, None),
)
"""Every call: method, path, scope, function, answer, status, idempotent, body, statuses beyond the usual."""
