"""The travel rule on a real PostgreSQL: what is asked, of whom, how long, and what becomes of the withdrawal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from house import Customer, House, furnish
from serving import Site, served
from travel_kit import BOB, US, VASPS, WHOLE, under_law, usd

from tidegate.base.findings import Outcome
from tidegate.base.outside import Reply
from tidegate.base.refusals import Conflict, Malformed, Refusal
from tidegate.cases import flow as cases
from tidegate.db import Conn, act, journal, reader
from tidegate.news import READER, handlers
from tidegate.parties import flow as parties
from tidegate.parties.party import EventType
from tidegate.policy import flow as policies
from tidegate.screening import flow as screening
from tidegate.screening import ivms101
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import jobs, replaying, store
from tidegate.withdrawals.withdrawal import Status, Withdrawal

COIN = 10**6
WALLET = Account.from_key("0x" + "11" * 32)


@pytest.fixture
def house(conn: Conn) -> House:
    return under_law(furnish(conn))


def ask(house: House, who: Customer, amount: str = "100", **more: Any) -> Withdrawal:
    (answer,) = house.request(replace(house.ask_for(who, amount, more.pop("address", WALLET.address)), **more))
    if isinstance(answer, Refusal):
        raise answer
    return house.get(json.loads(answer.body)["id"])


def confirmed(house: House, amount: str = "100", **more: Any) -> Withdrawal:
    ada = house.customer(USDT=5_000 * COIN)
    return house.confirm(ada, ask(house, ada, amount, **more).id)


def inform(house: House, id: str, more: dict[str, Any], self_hosted: bool = False) -> Withdrawal:
    return withdrawals.state_receiver(house.conn, id, more, self_hosted, "test", house.setting, house.now)


def view(house: House, id: str) -> dict[str, Any]:
    return withdrawals.view(house.conn, house.get(id), house.setting.assets)


def codes(house: House, id: str) -> list[str]:
    row = store.decision(house.conn, house.get(id).decision_id)
    assert row is not None
    return [f.code for f in withdrawals.findings_of(row)]


def message(house: House, id: str, vasps: Any = VASPS) -> Any:
    return withdrawals.next_travel_message(house.conn, id, US, vasps, house.setting, house.now)


def answered(house: House, id: str, status: str) -> bool:
    kept = store.travel_message(house.conn, id)
    assert kept is not None
    reply = None if status == "refused" else Reply(status)
    return withdrawals.travel_answered(house.conn, id, kept.id, reply, "why", house.setting, house.now)


def signature(house: House, id: str) -> str:
    text = screening.challenge(house.conn, id, None, "Tidegate", "test", house.now).message
    return "0x" + WALLET.sign_message(encode_defunct(text=text)).signature.hex()


# --- data that the customer has to give --------------------------------------------------------------------------


def test_whole_data_go_to_the_counterparty_and_its_yes_lets_it_pass(house: House) -> None:
    done = confirmed(house, stated=WHOLE)
    assert done.status is Status.SCREENING
    sent = message(house, done.id)
    body = json.loads(sent.body)
    assert (body["id"], sent.vasp_id, body["amount"], body["address"]) == (sent.id, "bob", "99.9", WALLET.address)
    assert not ivms101.faults(body["ivms101"])
    assert (
        body["ivms101"]["originatingVASP"]["originatingVASP"]["legalPerson"]["name"]["nameIdentifier"][0][
            "legalPersonName"
        ]
        == "Tidegate Exchange"
    )
    assert answered(house, done.id, "accepted")
    assert house.get(done.id).status is Status.APPROVED
    assert message(house, done.id) is None


def test_below_the_line_nobody_is_asked(house: House) -> None:
    assert confirmed(house, "99.999999").status is Status.APPROVED


def test_what_lacks_is_asked_of_the_customer_with_a_letter_of_its_own(house: House) -> None:
    done = confirmed(house, stated={"counterparty": BOB})
    assert done.status is Status.AWAITING_INFORMATION
    hold = view(house, done.id)["hold"]
    (reason,) = hold["reasons"]
    assert (reason["code"], reason["missing"]) == ("travel_rule_pending", ["beneficiary.name"])
    assert "information" in hold["next_step"]["en"]
    assert hold["ends_at"] == "2026-11-25T12:00:30Z"
    assert inform(house, done.id, {"beneficiary": WHOLE["beneficiary"]}).status is Status.SCREENING
    assert message(house, done.id) is not None


def test_a_part_is_kept_and_the_rest_still_asked(house: House) -> None:
    done = confirmed(house)
    assert view(house, done.id)["hold"]["reasons"][0]["missing"] == ["counterparty", "beneficiary.name"]
    assert inform(house, done.id, {"counterparty": BOB}).status is Status.AWAITING_INFORMATION
    assert view(house, done.id)["hold"]["reasons"][0]["missing"] == ["beneficiary.name"]
    assert house.get(done.id).expires_at == done.expires_at
    assert inform(house, done.id, {"beneficiary": WHOLE["beneficiary"]}).status is Status.SCREENING
    assert json.loads(store.statement(house.conn, done.id) or "") == WHOLE


def test_a_larger_amount_wants_more_of_the_sender(house: House) -> None:
    done = confirmed(house, "1000", stated=WHOLE)
    assert view(house, done.id)["hold"]["reasons"][0]["missing"] == ["originator.address"]
    home = {"addressType": "HOME", "townName": "Wien", "country": "AT", "addressLine": ["Gasse 1"]}
    assert inform(house, done.id, {"originator": {"address": home}}).status is Status.SCREENING
    sent = json.loads(message(house, done.id).body)["ivms101"]["originator"]["originatorPersons"][0]["naturalPerson"]
    assert sent["geographicAddress"] == [home]


def test_personal_data_stay_out_of_the_journal(house: House) -> None:
    done = confirmed(house)
    inform(house, done.id, WHOLE)
    message(house, done.id)
    kinds = [n.kind for n in journal.about(house.conn, done.id)]
    assert {"withdrawal.informed", "travel_rule.written"} <= set(kinds)
    assert not any("Clark" in n.body or "Lawrence" in n.body for n in journal.about(house.conn, done.id))


def test_what_is_not_given_in_time_expires(house: House) -> None:
    done = confirmed(house)
    house.wait(hours=23, minutes=59, seconds=59)
    assert jobs.expire_due(house.conn, lambda: house.setting, house.clock) == 0
    house.wait(seconds=1)
    with pytest.raises(Conflict) as refused:
        inform(house, done.id, WHOLE)
    assert refused.value.code == "information_too_late"
    assert jobs.expire_due(house.conn, lambda: house.setting, house.clock) == 1
    assert house.get(done.id).status is Status.EXPIRED


def test_nobody_informs_about_what_does_not_wait(house: House) -> None:
    done = confirmed(house, "5")
    with pytest.raises(Conflict) as refused:
        inform(house, done.id, WHOLE)
    assert refused.value.code == "information_not_asked"
    waiting = confirmed(house)
    with pytest.raises(Malformed):
        inform(house, waiting.id, {"beneficiary": {"name": ""}})
    assert house.get(waiting.id).status is Status.AWAITING_INFORMATION


# --- the counterparty --------------------------------------------------------------------------------------------


def test_the_same_bytes_are_sent_again_until_somebody_answers(house: House) -> None:
    done = confirmed(house, stated=WHOLE)
    first = message(house, done.id)
    assert message(house, done.id) is None, "it has just been sent"
    assert store.travel_due(house.conn, house.now, 10) == []
    house.wait(seconds=59)
    assert message(house, done.id) is None
    house.wait(seconds=1)
    assert store.travel_due(house.conn, house.now, 10) == [done.id]
    assert message(house, done.id) == first
    assert not answered(house, done.id, "pending")
    house.wait(seconds=119)
    assert message(house, done.id) is None
    house.wait(seconds=1)
    assert message(house, done.id) == first


@pytest.mark.parametrize(
    ("status", "then"), [("rejected", Status.DECLINED), ("refused", Status.IN_REVIEW), ("accepted", Status.APPROVED)]
)
def test_an_answer_counts_once(house: House, status: str, then: Status) -> None:
    done = confirmed(house, stated=WHOLE)
    message(house, done.id)
    assert answered(house, done.id, status)
    assert house.get(done.id).status is then
    assert not answered(house, done.id, "accepted")
    assert house.get(done.id).status is then


def test_silence_of_the_counterparty_expires_with_a_reason(house: House) -> None:
    done = confirmed(house, stated=WHOLE)
    message(house, done.id)
    house.wait(hours=24, minutes=14)
    assert jobs.outside_due(house.conn, lambda: house.setting, house.clock) == 0
    house.wait(minutes=1)
    assert jobs.outside_due(house.conn, lambda: house.setting, house.clock) == 1
    assert house.get(done.id).status is Status.EXPIRED
    assert [r["code"] for r in view(house, done.id)["hold"]["reasons"]] == ["travel_rule_unanswered"]
    assert cases.about(house.conn, done.id) == []
    answered(house, done.id, "accepted")
    assert house.get(done.id).status is Status.EXPIRED, "an answer that comes too late changes nothing"
    assert house.held(Customer(done.party_id, "")) == 0


def test_a_policy_that_says_what_silence_means_is_obeyed(house: House) -> None:
    silent = {"check": "travel_rule", "on_error": "review", "on_timeout": "review", "until": "2027-01-01T00:00:00Z"}
    under_law(house, check_failures=[silent])
    done = confirmed(house, stated=WHOLE)
    house.wait(hours=25)
    jobs.outside_due(house.conn, lambda: house.setting, house.clock)
    assert house.get(done.id).status is Status.IN_REVIEW


def test_a_provider_that_nobody_knows_goes_to_a_person(house: House) -> None:
    done = confirmed(house, stated={**WHOLE, "counterparty": {**BOB, "vasp_id": "eve"}})
    assert message(house, done.id) is None
    assert (house.get(done.id).status, codes(house, done.id)) == (Status.IN_REVIEW, ["check_failed"])


def test_nothing_is_said_before_the_customer_has_confirmed(house: House) -> None:
    asked = ask(house, house.customer(USDT=500 * COIN), stated=WHOLE)
    assert store.travel_due(house.conn, house.now, 10) == []
    assert message(house, asked.id) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE travel_message SET body = '{}'",
        "UPDATE travel_message SET answer = NULL, answered_at = NULL",
        "DELETE FROM travel_message",
        "UPDATE withdrawal SET description = 'other' WHERE ended_at IS NULL",
    ],
)
def test_what_was_sent_is_not_rewritten(house: House, statement: str) -> None:
    done = confirmed(house, stated=WHOLE)
    message(house, done.id)
    answered(house, done.id, "accepted")
    with pytest.raises(psycopg.errors.RestrictViolation):
        house.conn.execute(statement)  # type: ignore[call-overload]


# --- whose the address is ----------------------------------------------------------------------------------------


def test_a_proof_answers_ownership_and_needs_no_provider(house: House) -> None:
    done = confirmed(house, "500")
    assert {r["code"] for r in view(house, done.id)["hold"]["reasons"]} == {"travel_rule_pending", "ownership_unproven"}
    sign = signature(house, done.saved_address_id)
    proven = withdrawals.prove_address(house.conn, done.id, sign, "test", house.setting, house.now)
    assert proven.status is Status.APPROVED
    (question,) = store.outside_of(house.conn, done.id)
    assert (question.state, question.outcome) == ("answered", Outcome.ALLOW)


def test_a_proof_at_the_address_lets_what_waits_go_on(house: House) -> None:
    done = confirmed(house, "500")
    screening.prove(house.conn, done.saved_address_id, None, signature(house, done.saved_address_id), "test", house.now)
    assert house.get(done.id).status is Status.AWAITING_INFORMATION
    reader.read(house.conn, READER, handlers(lambda _: house.setting), house.now)
    assert house.get(done.id).status is Status.APPROVED
    ada = Customer(done.party_id, "")
    assert ask(house, ada, "500").status is Status.AWAITING_CONFIRMATION
    assert codes(house, ask(house, ada, "500").id) == []


def test_a_word_is_no_proof(house: House) -> None:
    small, large = confirmed(house, "100"), confirmed(house, "500")
    assert inform(house, small.id, {}, self_hosted=True).status is Status.APPROVED
    assert inform(house, large.id, {}, self_hosted=True).status is Status.AWAITING_INFORMATION
    assert codes(house, large.id) == ["ownership_unproven"]


def test_who_named_a_provider_cannot_unsay_it(house: House) -> None:
    done = confirmed(house, stated={"counterparty": BOB})
    with pytest.raises(Conflict) as refused:
        inform(house, done.id, {}, self_hosted=True)
    assert refused.value.code == "address_kept_by_provider"


def test_who_names_a_provider_says_that_it_keeps_the_address(house: House) -> None:
    done = confirmed(house, "500", stated=WHOLE)
    assert done.status is Status.SCREENING
    entry = screening.entries_by_id(house.conn, [(done.party_id, done.saved_address_id)])
    assert entry[done.party_id, done.saved_address_id].ownership == "vasp"


def test_a_person_may_let_it_pass(house: House) -> None:
    house.agree(
        places=under_law_of_ownership(),
        operator="DE",
        review={"from_value": "400", "quorum": [{"from_value": "0", "people": 1}], "sla_hours": 24},
    )
    done = confirmed(house, "500")
    assert done.status is Status.AWAITING_INFORMATION, "the customer is asked first"
    sign = signature(house, done.saved_address_id)
    assert (
        withdrawals.prove_address(house.conn, done.id, sign, "t", house.setting, house.now).status is Status.IN_REVIEW
    )


def under_law_of_ownership() -> dict[str, Any]:
    said = {"standing": "allowed", "since": "2020-01-01", "source": "made up"}
    return {"DE": {**said, "rules": [usd("ownership_proof", "500", over="at_least")]}}


# --- other rules of places ---------------------------------------------------------------------------------------


def test_delays_begin_with_what_the_platform_told(house: House) -> None:
    under_law(
        house,
        {"ask": "delay", "event": "each_deposit", "hours": 48},
        {"ask": "delay", "event": "first_withdrawal", "hours": 72},
    )
    ada = house.customer(USDT=500 * COIN)
    parties.record_event(house.conn, ada.id, EventType.FIAT_DEPOSIT, house.now, "test", house.now)
    asked = ask(house, ada, "5")
    assert codes(house, asked.id) == ["place_delay", "place_delay"]
    assert house.confirm(ada, asked.id).status is Status.DELAYED
    house.wait(hours=72)
    jobs.release_due(house.conn, lambda: house.setting, house.clock)
    assert house.get(asked.id).status is Status.APPROVED


def test_an_exempt_customer_does_not_wait(house: House) -> None:
    under_law(house, {"ask": "delay", "event": "each_purchase", "hours": 48})
    ada = house.customer(USDT=500 * COIN)
    parties.record_event(house.conn, ada.id, EventType.PURCHASE, house.now, "test", house.now)
    assert codes(house, ask(house, ada, "5").id) == ["place_delay"]
    until = house.now.replace(year=2027)
    made = policies.propose_exemption(house.conn, "DE", ada.id, until, "known for years", "mei", house.now)
    policies.approve_exemption(house.conn, made.id, "anton", house.now)
    assert codes(house, ask(house, ada, "5").id) == []


def test_caps_count_a_class_of_assets_also_inside_one_batch(house: House) -> None:
    under_law(
        house,
        usd("out_cap", "20", assets="stablecoin", hours=24),
        stablecoins=["USDT@evm-local"],
    )
    ada = house.customer(USDT=500 * COIN, ETH=10**18)
    coin = replace(house.ask_for(ada, "0.01", WALLET.address), asset="ETH")
    answers = house.request(*[house.ask_for(ada, amount, WALLET.address) for amount in ("15", "5", "1")], coin)
    statuses = [json.loads(a.body)["status"] for a in answers if not isinstance(a, Refusal)]
    assert statuses == ["awaiting_confirmation", "awaiting_confirmation", "declined", "awaiting_confirmation"]
    first = house.get(json.loads(answers[0].body)["id"])  # type: ignore[union-attr]
    assert codes(house, ask(house, ada, "1").id) == ["place_cap"]
    assert house.confirm(ada, first.id).status is Status.APPROVED, "its own room does not count against it"
    withdrawals.cancel(house.conn, first.id, ada.id, house.setting, house.now)
    assert codes(house, ask(house, ada, "15").id) == [], "what was cancelled is free again"
    house.wait(hours=24)
    assert codes(house, ask(house, ada, "20").id) == []


def test_a_book_and_a_description_where_a_place_wants_them(house: House) -> None:
    under_law(house, {"ask": "allow_list"}, {"ask": "description", "characters": 5})
    ada = house.customer(USDT=500 * COIN)
    assert codes(house, ask(house, ada, "5").id) == ["allow_list_required", "description_missing"]
    with act(house.conn, ada.id, house.now) as tx:
        parties.lock(house.conn, [ada.id])
        screening.save(tx, ada.id, "evm-local", WALLET.address, "", "mine", "self_hosted")
    done = ask(house, ada, "5", description="Rent May")
    assert codes(house, done.id) == []
    assert view(house, done.id)["description"] == "Rent May"
    assert house.confirm(ada, done.id).status is Status.APPROVED
    with pytest.raises(Malformed):
        ask(house, ada, "5", description="a\nb")


def test_a_decision_about_places_is_replayed_to_the_same_bytes(house: House) -> None:
    done = confirmed(house, "500")
    for row in store.decisions_of(house.conn, done.id):
        policy = policies.active(house.conn, house.now)
        verdict = replaying.replay(row.facts, policy)
        assert [f.code for f in verdict.findings] == [f.code for f in withdrawals.findings_of(row)]


# --- over HTTP ---------------------------------------------------------------------------------------------------


@pytest.fixture
def site(house: House, database_url: str) -> Iterator[Site]:
    with served(house, database_url) as made:
        yield made


def test_over_http(site: Site) -> None:
    house = site.house
    ada = house.customer(USDT=500 * COIN)
    key = site.key_of(ada)
    body = {
        "customer": ada.id,
        "asset": "USDT",
        "network": "evm-local",
        "amount": "100",
        "address": WALLET.address,
        "description": "Rent",
        "counterparty": BOB,
    }
    made = site.call("POST", "/v1/withdrawals", body, secret=key)
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    house.wait(seconds=30)
    code = {"factor": "totp", "code": ada.code(house.now)}
    waits = site.call("POST", f"/v1/withdrawals/{id}/confirm", code, secret=key).json()
    assert (waits["status"], waits["description"]) == ("awaiting_information", "Rent")
    assert waits["hold"]["reasons"][0]["missing"] == ["beneficiary.name"]
    path = f"/v1/withdrawals/{id}/information"
    for wrong in (
        {"kind": "travel_rule", "endpoint": "http://127.0.0.1"},
        {"kind": "travel_rule", "counterparty": {**BOB, "endpoint": "http://127.0.0.1"}},
        {"kind": "declared"},
        {"kind": "ownership_proof"},
        {},
    ):
        assert site.call("POST", path, wrong, secret=key).status_code == 422
    given = site.call("POST", path, {"kind": "travel_rule", "beneficiary": WHOLE["beneficiary"]}, secret=key)
    assert (given.status_code, given.json()["status"]) == (200, "screening")
    again = site.call("POST", path, {"kind": "ownership_proof", "signature": "0x00"}, secret=key)
    assert (again.status_code, again.json()["code"]) == (409, "information_not_asked")
