"""Payment accounts on a real PostgreSQL (S2 Art. 5.2d): whose they are, and who else uses them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import merchant_kit as kit
import pytest
from house import DATA_KEY, Customer, House, furnish
from merchant_kit import account, person, policy

from tidegate.base import sealing
from tidegate.base.refusals import Refusal
from tidegate.db import Conn, journal
from tidegate.p2p.accounts import flow
from tidegate.p2p.accounts.account import Account, Attestation
from tidegate.parties import flow as parties
from tidegate.parties.party import Verified


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def refused(does: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as caught:
        does()
    return caught.value.code


def view(house: House) -> list[tuple[object, ...]]:
    return house.conn.execute(
        "SELECT account_hash, party_id, verified, attested_elsewhere FROM p2p_accounts_v ORDER BY first_at, party_id"
    ).fetchall()


def cash(house: House, who: Customer) -> Account:
    return flow.register(
        house.conn, who.id, "cash", "Hamburg", None, "Ada Lovelace",
        data_key=DATA_KEY, policy=policy(house), actor=who.id, now=house.now,
    )  # fmt: skip


def test_an_account_of_the_persons_own_is_verified_and_its_number_is_sealed(house: House) -> None:
    who = person(house)
    made = account(house, who)
    assert (made.verified, made.name_score, made.ending) == (True, 100, "3000")
    assert made.sealed is not None
    assert sealing.unseal(DATA_KEY, made.sealed, f"{made.id} of {who.id}") == b"iban:DE89370400440532013000"
    (stored,) = flow.of_party(house.conn, who.id)
    assert stored == made
    text = str(house.conn.execute("SELECT * FROM p2p_account").fetchall())
    assert "DE89" not in text


def test_an_account_of_somebody_else_is_kept_and_not_verified(house: House) -> None:
    made = account(house, person(house), holder="Robert Miller")
    assert not made.verified
    nameless = account(house, person(house, name=None))
    assert (nameless.verified, nameless.name_score) == (False, None)


def test_named_again_it_is_the_same_account_with_the_name_as_it_is_now(house: House) -> None:
    who = person(house)
    first = account(house, who, holder="Robert Miller")
    flow.retire(house.conn, first.id, who.id, house.now)
    house.wait(days=1)
    again = account(house, who, "de89 3704 0044 0532 0130 00")
    assert (again.id, again.verified, again.retired_at, again.last_at) == (first.id, True, None, house.now)
    assert again.first_at < again.last_at


def test_a_verified_name_that_comes_later_is_compared_when_the_account_is_seen_again(house: House) -> None:
    who = person(house, name=None)
    assert not account(house, who).verified
    parties.set_identity(house.conn, who.id, Verified(2, verified_name="Lovelace Ada"), "test", house.now)
    assert account(house, who).verified


def test_one_account_of_two_people_is_seen_by_staff_and_by_the_indicator(house: House) -> None:
    ada, bob = person(house), person(house, "Robert Miller")
    first = account(house, ada)
    assert flow.shared(house.conn, ada.id) == []
    house.wait(days=1)
    second = account(house, bob, "DE89 3704 0044 0532 0130 00", "Robert Miller")
    assert first.hash == second.hash
    (other,) = flow.shared(house.conn, ada.id)
    assert (other.account_id, other.party_id, other.verified) == (first.id, bob.id, True)
    assert [row[:2] for row in view(house)] == [(first.hash, ada.id), (first.hash, bob.id)]
    (noted,) = [news for news in journal.about(house.conn, bob.id) if news.kind == "account.shared"]
    assert noted.content == {"account": second.id, "with": [ada.id]}
    account(house, bob, holder="Robert Miller")
    assert len([news for news in journal.about(house.conn, bob.id) if news.kind == "account.shared"]) == 1


def test_a_place_for_cash_is_shared_with_nobody(house: House) -> None:
    ada, bob = person(house), person(house)
    one, other = cash(house, ada), cash(house, bob)
    assert (one.hash, other.hash) == (None, None)
    assert cash(house, ada).id == one.id
    assert flow.shared(house.conn, ada.id) == []
    assert view(house) == []


def test_use_at_another_platform_is_attested_once_and_its_day_is_a_day(house: House) -> None:
    who = person(house)
    made = account(house, who)
    said = Attestation("Other Desk", "document", date(2025, 1, 1), "statement of March")
    assert flow.attest(house.conn, made.id, said, "mei", house.now).attested_elsewhere
    flow.attest(house.conn, made.id, said, "anton", house.now)
    (line,) = flow.attestations(house.conn, who.id)
    assert (line.platform, line.actor) == ("Other Desk", "mei")
    assert view(house)[0][3] is True
    sentinel = Attestation("Other Desk", "own_statement", date(1900, 1, 1), None)
    assert refused(lambda: flow.attest(house.conn, made.id, sentinel, "mei", house.now)) == "since_impossible"
    assert refused(lambda: flow.attest(house.conn, "pac_0", said, "mei", house.now)) == "account_unknown"


def test_what_is_no_account_is_refused(house: House) -> None:
    who = person(house)
    assert refused(lambda: account(house, who, "DE89370400440532013001")) == "number_checksum"
    assert refused(lambda: account(house, Customer("cus_0", ""))) == "customer_unknown"
    assert refused(lambda: account(house, who, holder="")) == "holder_name_invalid"
    made = account(house, who)
    flow.retire(house.conn, made.id, who.id, house.now)
    assert refused(lambda: flow.retire(house.conn, made.id, who.id, house.now)) == "account_retired"


def test_no_number_and_no_name_reaches_the_journal(house: House) -> None:
    who = person(house)
    made = account(house, who)
    flow.attest(house.conn, made.id, Attestation("Other Desk", "document", None, "Ada's letter"), "mei", house.now)
    flow.retire(house.conn, made.id, who.id, house.now)
    bodies = " ".join(news.body for news in journal.about(house.conn, who.id))
    assert "account.retired" in [news.kind for news in journal.about(house.conn, who.id)]
    for secret in ("3000", "Lovelace", "Ada", "Other Desk"):
        assert secret not in bodies
    kit.agree(house)
