"""Proofs of ownership on a real database: asked for, given once, kept."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from house import Customer, House, furnish
from serving import Site, served

from tidegate.base.refusals import Conflict, Malformed, NotFound
from tidegate.db import Conn, act, journal
from tidegate.parties import flow as parties
from tidegate.screening import flow as screening

WALLET = Account.from_key("0x" + "11" * 32)


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def saved(house: House, who: Customer, ownership: str = "self_hosted") -> str:
    with act(house.conn, who.id, house.now) as tx:
        parties.lock(house.conn, [who.id])
        entry, _ = screening.save(tx, who.id, "evm-local", WALLET.address, "", "mine", ownership)
    return entry.id


def challenged(house: House, id: str, who: Customer | None = None) -> str:
    """A fresh text, signed."""
    text = screening.challenge(house.conn, id, who and who.id, "Tidegate", "test", house.now).message
    return signed(text)


def signed(text: str) -> str:
    return "0x" + WALLET.sign_message(encode_defunct(text=text)).signature.hex()


def test_a_proof_is_kept_with_its_time_and_method(house: House) -> None:
    ada = house.customer()
    id = saved(house, ada, "unknown")
    assert screening.proofs(house.conn, [id]) == {}
    proof = screening.prove(house.conn, id, ada.id, challenged(house, id, ada), ada.id, house.now)
    assert screening.proofs(house.conn, [id]) == {id: proof}
    assert (proof.method, proof.proved_at) == ("eip191", house.now)
    (entry,) = screening.book(house.conn, ada.id)
    assert entry.ownership == "self_hosted"
    assert journal.about(house.conn, ada.id)[-1].kind == "address.proven"


def test_a_declaration_is_no_proof(house: House) -> None:
    id = saved(house, house.customer())
    assert screening.proofs(house.conn, [id]) == {}


def test_the_same_signature_again_is_the_first_proof_and_a_new_text_needs_a_new_one(house: House) -> None:
    ada = house.customer()
    id = saved(house, ada)
    first = challenged(house, id)
    proof = screening.prove(house.conn, id, None, first, "test", house.now)
    house.wait(minutes=1)
    assert screening.prove(house.conn, id, None, first, "test", house.now) == proof
    challenged(house, id)
    with pytest.raises(Malformed) as refused:
        screening.prove(house.conn, id, None, first, "test", house.now)
    assert refused.value.code == "signature_of_another"


def test_a_used_text_is_not_signed_again(house: House) -> None:
    ada, ben = house.customer(), house.customer()
    id = saved(house, ada)
    text = screening.challenge(house.conn, id, None, "Tidegate", "test", house.now).message
    screening.prove(house.conn, id, None, signed(text), "test", house.now)
    with pytest.raises(Conflict) as refused:
        screening.prove(house.conn, id, None, signed(text).upper().replace("0X", "0x"), "test", house.now)
    assert refused.value.code == "challenge_used"
    theirs = saved(house, ben)
    screening.challenge(house.conn, theirs, None, "Tidegate", "test", house.now)
    with pytest.raises(Malformed):
        screening.prove(house.conn, theirs, None, signed(text), "test", house.now)


def test_time_runs_out(house: House) -> None:
    id = saved(house, house.customer())
    signature = challenged(house, id)
    house.wait(minutes=30)
    with pytest.raises(Conflict) as refused:
        screening.prove(house.conn, id, None, signature, "test", house.now)
    assert refused.value.code == "challenge_expired"


def test_what_was_not_asked_or_is_not_theirs_is_refused(house: House) -> None:
    ada, ben = house.customer(), house.customer()
    id = saved(house, ada)
    with pytest.raises(Conflict) as refused:
        screening.prove(house.conn, id, ada.id, signed("x"), ada.id, house.now)
    assert refused.value.code == "challenge_missing"
    with pytest.raises(NotFound):
        screening.challenge(house.conn, id, ben.id, "Tidegate", ben.id, house.now)
    with pytest.raises(NotFound):
        screening.prove(house.conn, id, ben.id, signed("x"), ben.id, house.now)
    with pytest.raises(Conflict) as refused:
        screening.challenge(house.conn, saved(house, ben, "vasp"), None, "Tidegate", "test", house.now)
    assert refused.value.code == "ownership_not_self_hosted"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ownership_proof SET signature = 'x'",
        "DELETE FROM ownership_proof",
        "UPDATE ownership_challenge SET used_at = NULL",
        "UPDATE ownership_challenge SET message = 'x'",
        "DELETE FROM ownership_challenge",
    ],
)
def test_evidence_is_not_rewritten(house: House, statement: str) -> None:
    id = saved(house, house.customer())
    screening.prove(house.conn, id, None, challenged(house, id), "test", house.now)
    with pytest.raises(psycopg.errors.RestrictViolation):
        house.conn.execute(statement)  # type: ignore[call-overload]


@pytest.fixture
def site(house: House, database_url: str) -> Iterator[Site]:
    with served(house, database_url) as made:
        yield made


def test_over_http(site: Site) -> None:
    ada = site.house.customer()
    id = saved(site.house, ada)
    key = site.key_of(ada)
    asked = site.call("POST", f"/v1/addresses/{id}/ownership-challenge", secret=key)
    assert (asked.status_code, asked.json()["address_id"]) == (201, id)
    body = {"signature": signed(asked.json()["message"])}
    contract = site.call("POST", f"/v1/addresses/{id}/ownership-proof", {"signature": "0x" + "00" * 200}, secret=key)
    assert (contract.status_code, contract.json()["code"]) == (422, "signature_kind_unsupported")
    proved = site.call("POST", f"/v1/addresses/{id}/ownership-proof", body, secret=key)
    assert proved.json() == {
        "address_id": id,
        "challenge": asked.json()["id"],
        "method": "eip191",
        "proved_at": "2026-11-24T12:00:00Z",
    }
