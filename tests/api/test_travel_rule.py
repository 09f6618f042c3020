"""The travel rule between two platforms of the kind: each with its database and server, speaking over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import pytest
from conftest import database
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from house import NETWORK, USDT, House, furnish
from serving import Site, served
from travel_kit import US, VASPS, WHOLE, under_law

from tidegate.api.travel_rule import shapes
from tidegate.cases import flow as cases
from tidegate.custody import flow as custody
from tidegate.custody import store as custody_store
from tidegate.custody.store import DepositRow
from tidegate.db import act, connect, reader
from tidegate.integrations.travel_rule import HttpTravelRule
from tidegate.news import READER, handlers
from tidegate.parties import flow as parties
from tidegate.parties.party import Verified
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import jobs, store
from tidegate.withdrawals.jobs import Directory
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6
NET = "99.9"
ARRIVES = 99_900_000
OURS, THEIRS, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


@dataclass
class Two:
    """Alice's exchange sends, Bob's receives; each knows the other's key."""

    alice: Site
    bob: Site

    def receiver(self, name: str = "Lawrence Clark") -> tuple[str, str]:
        """A customer of Bob's, and the address of their deposits."""
        who = self.bob.house.customer()
        parties.set_identity(self.bob.house.conn, who.id, Verified(2, name), "test", self.bob.house.now)
        return who.id, custody.deposit_address(self.bob.house.conn, who.id, NETWORK, "test", self.bob.house.now)

    def screened(self, address: str, amount: str = "100") -> str:
        """A withdrawal of Alice's customer that waits for Bob's word."""
        house = self.alice.house
        ada = house.customer(USDT=500 * COIN)
        return house.confirm(ada, house.asked(ada, amount, address, stated=WHOLE).id).id  # type: ignore[arg-type]

    def exchange(self) -> int:
        """Alice's worker tells Bob, or asks again."""
        house = self.alice.house
        travel = HttpTravelRule({"bob": self.bob.url + "/v1/travel-rule/messages"}, OURS, 5)
        return jobs.exchange_travel_rule(house.conn, travel, Directory(US, VASPS), lambda: house.setting, house.clock)


@pytest.fixture(scope="module")
def two(server_url: str, template: str) -> Iterator[Two]:
    with (
        database(server_url, template) as url_a,
        database(server_url, template) as url_b,
        connect(url_a) as a,
        connect(url_b) as b,
        served(under_law(furnish(a)), url_a, counterparties={"bob": public(THEIRS)}) as alice,
        served(furnish(b), url_b, counterparties={"alice": public(OURS)}) as bob,
    ):
        bob.house.wait(days=1)
        yield Two(alice, bob)


def news(house: House) -> None:
    acting = handlers(lambda _: house.setting)
    while reader.read(house.conn, READER, acting, house.now):
        pass
    assert house.conn.execute("SELECT error FROM unread").fetchall() == []


def signed(site: Site, path: str, body: Any, key: Ed25519PrivateKey = OURS, **more: str) -> httpx.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {
        "Content-Type": "application/json",
        "Tidegate-Key": public(key).hex(),
        "Tidegate-Signature": key.sign(raw).hex(),
        **more,
    }
    return site.http.post(f"/v1/travel-rule/{path}", content=raw, headers=headers)


def written(two: Two, address: str, amount: str = "100") -> dict[str, Any]:
    """A message as Alice writes it, for one of Bob's addresses."""
    id = two.screened(address, amount)
    house = two.alice.house
    message = withdrawals_message(house, id)
    return dict(json.loads(message))


def withdrawals_message(house: House, id: str) -> str:
    message = withdrawals.next_travel_message(house.conn, id, US, VASPS, house.setting, house.now)
    assert message is not None
    return message.body


def open_case(house: House, subject: str) -> Any:
    (case,) = [case for case in cases.page(house.conn, "open", None, 50) if case.subject == subject]
    return case


# --- from one platform to the other ------------------------------------------------------------------------------


def test_the_receiver_is_whom_they_name_and_the_withdrawal_goes_on(two: Two) -> None:
    party, address = two.receiver()
    id = two.screened(address)
    assert two.exchange() == 1
    assert two.alice.house.get(id).status is Status.APPROVED
    (kept, *_) = two.bob.call("GET", "/v1/travel-rule/messages", role="compliance").json()["messages"]
    shapes.ReceivedMessage.model_validate(kept)
    assert (kept["counterparty"], kept["customer"], kept["status"]) == ("alice", party, "accepted")
    assert kept["amount"] == NET  # what arrives
    whole = two.bob.call("GET", f"/v1/travel-rule/messages/{kept['id']}", role="analyst").json()
    assert "originator" in whole["ivms101"]
    journal = two.bob.house.conn.execute("SELECT string_agg(body, ' ') FROM journal").fetchone()
    assert journal is not None
    assert "Clark" not in journal[0], "names stay out of what can never be erased"


def test_an_address_that_is_nobodys_is_rejected_and_the_withdrawal_is_declined(two: Two) -> None:
    id = two.screened("0x8617E340B3D01FA5F11F306F4090FD50E238070D")
    two.exchange()
    assert two.alice.house.get(id).status is Status.DECLINED


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("Lawrence Clark", "accepted"),
        ("CLARK, Lawrence", "accepted"),
        ("Clark Lawrence", "accepted"),
        ("Laurence Clarke", "accepted"),
        ("Lawrence Miller", "pending"),
        ("Lawrence", "pending"),
    ],
)
def test_a_name_is_the_customers_however_it_is_spelt(two: Two, name: str, status: str) -> None:
    _, address = two.receiver(name)
    assert signed(two.bob, "messages", written(two, address)).json()["status"] == status


@pytest.mark.parametrize(
    ("answer", "status"), [("approve", Status.APPROVED), ("decline", Status.DECLINED)], ids=["approve", "decline"]
)
def test_another_name_is_for_a_person_and_the_sender_asks_again(two: Two, answer: str, status: Status) -> None:
    _, address = two.receiver("Grace Hopper")
    id = two.screened(address)
    two.exchange()
    assert two.alice.house.get(id).status is Status.SCREENING
    bob = two.bob.house
    news(bob)
    kept, *_ = two.bob.call("GET", "/v1/travel-rule/messages?status=pending", role="compliance").json()["messages"]
    assert "'Lawrence Clark'" in kept["why"]
    case = open_case(bob, kept["id"])
    assert (case.kind, case.reasons) == ("travel_rule", ["receiver_differs"])

    asked = two.bob.call(
        "POST", f"/v1/travel-rule/messages/{kept['id']}/ask", {"question": "Which account?"}, role="compliance"
    )
    assert asked.json()["reason"] == "Which account?"
    two.alice.house.wait(minutes=1)
    two.exchange()
    assert two.alice.house.get(id).status is Status.SCREENING

    said = two.bob.call("POST", f"/v1/cases/{case.id}/answer", {"answer": answer, "reason": "Seen"}, role="compliance")
    assert said.status_code == 200, said.text
    news(bob)
    refused = two.bob.call(
        "POST", f"/v1/travel-rule/messages/{kept['id']}/ask", {"question": "More?"}, role="compliance"
    )
    assert refused.json()["code"] == "message_answered"
    two.alice.house.wait(minutes=2)
    two.exchange()
    assert two.alice.house.get(id).status is status


def test_the_receiver_may_tell_its_answer_by_itself_and_the_first_counts(two: Two) -> None:
    _, address = two.receiver("Grace Hopper")
    id = two.screened(address)
    two.exchange()
    message = store.travel_message(two.alice.house.conn, id)
    assert message is not None
    say = {"id": message.id, "status": "accepted", "reason": ""}
    for wrong in ({**say, "id": "trm_nobodys"}, {**say, "status": "pending"}, {**say, "more": 1}):
        assert signed(two.alice, "answers", wrong, THEIRS).status_code in (404, 422)
    assert signed(two.alice, "answers", say, THEIRS).json() == {"id": message.id, "status": "accepted", "reason": ""}
    assert two.alice.house.get(id).status is Status.APPROVED
    late = signed(two.alice, "answers", {**say, "status": "rejected"}, THEIRS)
    assert late.json()["status"] == "accepted"
    assert two.alice.house.get(id).status is Status.APPROVED


def test_nobody_answers_for_somebody_else(two: Two, server_url: str, template: str) -> None:
    _, address = two.receiver("Grace Hopper")
    id = two.screened(address)
    two.exchange()
    message = store.travel_message(two.alice.house.conn, id)
    assert message is not None
    with database(server_url, template) as url, connect(url) as conn:
        keys = {"bob": public(THEIRS), "carol": public(STRANGER)}
        with served(furnish(conn), url, counterparties=keys) as elsewhere:
            say = {"id": message.id, "status": "accepted"}
            assert signed(elsewhere, "answers", say, STRANGER).json()["code"] == "message_unknown"
    assert two.alice.house.get(id).status is Status.SCREENING


# --- who may write -----------------------------------------------------------------------------------------------


def test_only_a_signature_of_a_known_key_over_this_body_opens(two: Two) -> None:
    _, address = two.receiver()
    body = written(two, address)
    before = two.bob.house.conn.execute("SELECT count(*) FROM travel_inbox").fetchone()
    assert signed(two.bob, "messages", body, STRANGER).json()["code"] == "signature_unknown"
    for more in ({"Tidegate-Signature": "00" * 64}, {"Tidegate-Signature": "zz"}, {"Tidegate-Signature": ""}):
        refused = signed(two.bob, "messages", body, OURS, **more)
        assert (refused.status_code, refused.json()["code"]) == (401, "signature_wrong")
    stolen = {"Tidegate-Signature": OURS.sign(b"another body").hex()}
    assert signed(two.bob, "messages", body, OURS, **stolen).json()["code"] == "signature_wrong"
    assert two.bob.call("POST", "/v1/travel-rule/messages", body, role="admin").json()["code"] == "signature_missing"
    assert two.bob.house.conn.execute("SELECT count(*) FROM travel_inbox").fetchone() == before


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"asset": "DOGE"}, 422, "asset_unknown"),
        ({"network": "tron"}, 422, "asset_unknown"),
        ({"address": "0x1"}, 422, "address_malformed"),
        ({"address": "0x8617E340B3D01FA5F11F306F4090FD50E238070D"}, 422, "account_differs"),
        ({"amount": "0"}, 422, "amount_zero"),
        ({"amount": "-1"}, 422, "amount_malformed"),
        ({"amount": "0.0000001"}, 422, "amount_too_precise"),
        ({"amount": 5}, 422, "amount_not_a_string"),
        ({"ivms101": {}}, 422, "ivms101_invalid"),
        ({"ivms101": {"originator": 5.5}}, 422, "ivms101_invalid"),
        ({"ivms101": []}, 422, "not_an_object"),
        ({"id": ""}, 422, "too_short"),
        ({"id": "x" * 65}, 422, "too_long"),
        ({"id": "a b"}, 422, "malformed"),
        ({"callback": "https://example.com"}, 422, "field_unknown"),
    ],
    ids=str,
)
def test_what_is_no_message_is_refused_and_not_kept(two: Two, change: dict[str, Any], status: int, code: str) -> None:
    _, address = two.receiver()
    body = {**written(two, address), **change}
    refused = signed(two.bob, "messages", body)
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    found = two.bob.house.conn.execute("SELECT 1 FROM travel_inbox WHERE message_id = %s", [body["id"]]).fetchone()
    assert found is None


def test_the_same_message_is_the_same_however_often_and_at_once(two: Two) -> None:
    _, address = two.receiver("Grace Hopper")
    body = written(two, address)
    spaced = json.dumps(dict(reversed(body.items())), indent=3).encode()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: signed(two.bob, "messages", spaced if n % 2 else body), range(16)))
    assert {a.text for a in answers} == {answers[0].text}
    assert answers[0].json() == {"id": body["id"], "status": "pending", "reason": ""}
    (count,) = two.bob.house.conn.execute(
        "SELECT count(*) FROM travel_inbox WHERE message_id = %s", [body["id"]]
    ).fetchone() or (0,)
    assert count == 1
    changed = signed(two.bob, "messages", {**body, "amount": "7"})
    assert (changed.status_code, changed.json()["code"]) == (409, "message_changed")


# --- which coins -------------------------------------------------------------------------------------------------


def arrive(house: House, party: str, address: str, units: int) -> str:
    """Coins on their way to the address are seen."""
    wallet = next(w for w in custody.wallets(house.conn, NETWORK) if w.address == address)
    n = next(house.numbers)
    row = DepositRow(
        id=f"dep_test_{n:04}",
        network=NETWORK,
        tx=f"0x{n:064x}",
        index=0,
        block=5,
        block_hash="0xb",
        wallet_id=wallet.id,
        party_id=party,
        asset_id=USDT.id,
        sender="0xsender",
        claimed=units,
        credited=0,
        status="seen",
        reason=None,
        seen_at=house.now,
        decided_at=None,
    )
    with act(house.conn, "worker", house.now) as tx:
        custody_store.see_deposit(house.conn, row)
        tx.note("deposit.seen", party, {"deposit": row.id, "tx": row.tx})
    news(house)
    return row.id


def deposit_of(two: Two, message_id: str) -> str | None:
    news(two.bob.house)
    found = two.bob.house.conn.execute(
        "SELECT deposit_id FROM travel_inbox WHERE message_id = %s", [message_id]
    ).fetchone()
    assert found is not None
    return found[0] if found[0] is None else str(found[0])


def test_coins_that_come_later_are_found(two: Two) -> None:
    party, address = two.receiver()
    body = written(two, address)
    assert signed(two.bob, "messages", body).json()["status"] == "accepted"
    assert deposit_of(two, body["id"]) is None
    arrive(two.bob.house, party, address, ARRIVES - 1)
    assert deposit_of(two, body["id"]) is None
    coins = arrive(two.bob.house, party, address, ARRIVES)
    assert deposit_of(two, body["id"]) == coins


def test_coins_that_came_before_are_found_and_each_goes_with_one_message(two: Two) -> None:
    party, address = two.receiver()
    first = arrive(two.bob.house, party, address, ARRIVES)
    second = arrive(two.bob.house, party, address, ARRIVES)
    found = []
    for _turn in range(3):
        body = written(two, address)
        signed(two.bob, "messages", body)
        found.append(deposit_of(two, body["id"]))
    assert found == [first, second, None]


def test_coins_of_long_ago_are_others(two: Two) -> None:
    party, address = two.receiver()
    arrive(two.bob.house, party, address, ARRIVES)
    two.bob.house.wait(days=8)
    two.alice.house.wait(days=8)
    body = written(two, address)
    signed(two.bob, "messages", body)
    assert deposit_of(two, body["id"]) is None


def test_what_came_stays_as_it_came(two: Two) -> None:
    _, address = two.receiver()
    signed(two.bob, "messages", written(two, address))
    for change in ("body = '{}'", "status = 'pending', ended_at = NULL", "party_id = NULL"):
        with pytest.raises(Exception, match="stays as it came"):
            two.bob.house.conn.execute(f"UPDATE travel_inbox SET {change} WHERE status = 'accepted'")  # type: ignore[arg-type]
