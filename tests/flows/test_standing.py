"""Standing withdrawals on a real PostgreSQL (rulebook section 6)."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import standing_kit as kit
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from house import COIN_USDT as COIN
from house import DATA_KEY, LISTED, NETWORK, RECEIVER, Customer, House, furnish
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mail_kit import Post, token
from standing_kit import OTHER, at_noon, confirmed, created, get, reasons, run_due, runs, standing

from tidegate.base.findings import Outcome
from tidegate.base.refusals import Conflict, Malformed, NotFound, Refusal
from tidegate.cases import flow as cases
from tidegate.codec import bip32
from tidegate.codec.evm_address import checksum
from tidegate.custody import flow as custody
from tidegate.db import Conn, act, connect, journal
from tidegate.ledger import store as ledger_store
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.policy.market import flow as market
from tidegate.policy.market.quotes import Quote
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import store as withdrawal_store
from tidegate.withdrawals.standing import flow, jobs, store
from tidegate.withdrawals.standing import terms as rules
from tidegate.withdrawals.standing.instruction import Status
from tidegate.withdrawals.withdrawal import Status as WithdrawalStatus
from tidegate.withdrawals.withdrawal import Withdrawal

W = WithdrawalStatus

CODE_ALONE = {
    "step_up": {"passkey": ["passkey"], "totp": ["totp"]},
    "link_hours": 24,
    "resend_seconds": 60,
    "challenge_minutes": 5,
    "freeze_link_days": 30,
    "unfreeze_hours": 24,
}
"""A policy under which a step-up asks for a code and no mail."""


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def ada(house: House) -> Customer:
    """A customer with 100 USDT, whose address is old enough for everything."""
    who = house.customer(USDT=100 * COIN, ETH=10**18)
    kit.saved(house, who)
    kit.saved(house, who, OTHER)
    house.wait(days=3)
    return who


def made(house: House, id: str) -> list[Withdrawal]:
    """The withdrawals of an instruction, oldest first."""
    return [house.get(run.withdrawal_id) for run in runs(house, id) if run.withdrawal_id is not None]


def used_factors(house: House, id: str) -> list[dict[str, Any]]:
    """What the journal says was used to confirm a withdrawal, oldest first."""
    return [json.loads(n.body) for n in withdrawal_store.factor_notes(house.conn, id) if n.kind == "factor.used"]


def refused(does: Callable[[], Any]) -> str:
    with pytest.raises(Refusal) as caught:
        does()
    return caught.value.code


# --- set up ------------------------------------------------------------------------------------------------------


def test_nothing_runs_before_a_code(house: House, ada: Customer) -> None:
    i = created(house, ada)
    assert (i.status, i.next_at) == (Status.AWAITING_CONFIRMATION, None)
    at_noon(house, 2)
    assert runs(house, i.id) == []
    assert refused(lambda: confirmed(house, ada, i.id)) == "confirmation_expired"
    jobs.expire_drafts(house.conn, house.clock)
    gone = get(house, i.id)
    assert (gone.status, gone.reason) == (Status.DELETED, "not_confirmed")


def test_a_code_makes_it_active_and_a_wrong_one_is_counted(house: House, ada: Customer) -> None:
    i = created(house, ada)
    for left in (4, 3, 2, 1):
        with pytest.raises(Refusal, match=f"tries left: {left}"):
            confirmed(house, ada, i.id, "000000")
    assert refused(lambda: confirmed(house, ada, i.id, "000000")) == "code_tries_used_up"
    assert get(house, i.id).reason == "code_tries_used_up"
    assert store.newest_version(house.conn, i.id) == 0, "its settings are wiped"
    again = created(house, ada)
    assert refused(lambda: confirmed(house, ada, again.id)) == "codes_paused", "the factor counts all of them"
    house.wait(hours=24)
    assert refused(lambda: confirmed(house, ada, again.id)) == "confirmation_expired"
    assert confirmed(house, ada, created(house, ada).id).status is Status.ACTIVE


def test_a_code_works_once(house: House, ada: Customer) -> None:
    i = created(house, ada)
    house.wait(seconds=30)
    code = ada.code(house.now)
    confirmed(house, ada, i.id, code)
    eth = created(house, ada, "ETH", amount="0.1")
    assert refused(lambda: confirmed(house, ada, eth.id, code)) == "code_wrong"


def test_a_draft_that_was_changed_behind_us_is_not_confirmed(house: House, ada: Customer) -> None:
    """The row and its own hash agree; the journal does not."""
    i = created(house, ada)
    rewrite(house, i.id, 1, RECEIVER, OTHER)
    assert refused(lambda: confirmed(house, ada, i.id)) == "payload_changed"


def rewrite(house: House, id: str, version: int, old: str, new: str) -> None:
    """What somebody with the database can do: the terms, and the hash beside them."""
    row = store.terms(house.conn, [(id, version)])[id, version]
    body = row.body.replace(old, new)
    assert body != row.body
    party = get(house, id).party_id
    house.conn.execute("ALTER TABLE standing_terms DISABLE TRIGGER USER")
    house.conn.execute(
        "UPDATE standing_terms SET body = %(body)s, hash = %(hash)s WHERE standing_id = %(id)s AND version = %(v)s",
        {"id": id, "v": version, "body": body, "hash": rules.hash_of(id, party, version, body)},
    )
    house.conn.execute("ALTER TABLE standing_terms ENABLE TRIGGER USER")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"asset": "BTC"}, "asset_unknown"),
        ({"amount": "0.1"}, "amount_not_above_fee"),
        ({"amount": "ten"}, "amount_malformed"),
        ({"amount": None, "percent": "0"}, "percent_invalid"),
        ({"amount": None, "percent": "100.01"}, "percent_invalid"),
        ({"most": "0.1"}, "most_too_low"),
        ({"least": "11"}, "most_too_low"),
        ({"fee_ceiling": None, "fee_percent": "3.01"}, "fee_ceiling_too_high"),
        ({"balance": "5", "keep_back": "5"}, "threshold_too_low"),
        ({"balance": "5.1", "keep_back": "5"}, "threshold_too_low"),
        ({"price": "0", "when": "below"}, "price_zero"),
        ({"address_ids": ("adr_nobody",)}, "address_unknown"),
        ({"xpub": "xpub661"}, "xpub_invalid"),
    ],
    ids=lambda value: str(value),
)
def test_what_could_never_be_right_is_refused(house: House, ada: Customer, more: dict[str, Any], code: str) -> None:
    assert refused(lambda: created(house, ada, **more)) == code
    assert house.conn.execute("SELECT count(*) FROM standing").fetchone() == (0,)


def test_only_addresses_in_the_own_book_can_be_named(house: House, ada: Customer) -> None:
    ben = house.customer()
    theirs = kit.saved(house, ben)
    assert refused(lambda: created(house, ada, address_ids=(theirs,))) == "address_unknown"
    mine = kit.saved(house, ada)
    screening.unbook(house.conn, mine, None, "test", house.now)
    assert refused(lambda: created(house, ada, address_ids=(mine,))) == "address_not_in_book"


def test_one_per_asset_and_ten_per_customer(house: House, ada: Customer) -> None:
    created(house, ada)
    assert refused(lambda: created(house, ada)) == "standing_asset_taken"
    house.wait(minutes=15)  # a draft that nobody confirmed holds no place
    first = standing(house, ada)
    assert refused(lambda: created(house, ada)) == "standing_asset_taken"
    flow.pause(house.conn, first.id, ada.id, house.now)
    assert refused(lambda: created(house, ada)) == "standing_asset_taken", "a paused one keeps its place"
    flow.delete(house.conn, first.id, ada.id, house.setting, house.now)
    numbers = {**policies.shipped("demo")["standing"], "per_asset": 100}  # type: ignore[dict-item]
    house.agree(standing=numbers)
    for _ in range(10):
        created(house, ada)
    assert refused(lambda: created(house, ada)) == "standing_too_many"


@pytest.mark.parametrize(
    "second",
    [{"balance": "50"}, {"amount": None}, {"amount": None, "percent": "10"}, {"keep_back": "5"}],
    ids=str,
)
def test_two_that_could_fight_over_a_balance_are_refused(house: House, ada: Customer, second: dict[str, Any]) -> None:
    house.agree(standing={**policies.shipped("demo")["standing"], "per_asset": 3})  # type: ignore[dict-item]
    standing(house, ada, balance="50", amount=None)
    assert refused(lambda: created(house, ada)) == "standing_would_fight"
    assert created(house, ada, "ETH", amount="0.1").status is Status.AWAITING_CONFIRMATION, "another balance"
    ben = house.customer()
    standing(house, ben)
    assert created(house, ben).draft == 1, "two fixed amounts are two orders"
    assert refused(lambda: created(house, ben, **second)) == "standing_would_fight"


def test_twenty_at_once_make_one(house: House, ada: Customer, database_url: str) -> None:
    wish, setting = kit.wanted(house, ada), house.setting

    def one(_: int) -> str:
        with connect(database_url) as conn:
            try:
                return flow.create(conn, ada.id, ("USDT", NETWORK), wish, ada.id, setting, house.now).id
            except Refusal as refusal:
                return refusal.code

    with ThreadPoolExecutor(20) as pool:
        said = list(pool.map(one, range(20)))
    assert said.count("standing_asset_taken") == 19
    assert len(store.page(house.conn, ada.id, None, None, 50)) == 1


# --- run ---------------------------------------------------------------------------------------------------------


def test_a_run_is_an_ordinary_withdrawal_confirmed_by_its_terms(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    run_due(house)
    assert runs(house, i.id) == []
    at_noon(house)
    (run,) = runs(house, i.id)
    (w,) = made(house, i.id)
    assert (w.status, w.units, w.address, w.fee_ceiling_units) == (W.APPROVED, 10 * COIN, RECEIVER, COIN)
    assert (run.number, run.due_at, run.reason) == (1, house.now, None)
    assert house.available(ada) == 90 * COIN
    stages = [d.stage for d in withdrawal_store.decisions_of(house.conn, w.id)]
    assert stages == ["request", "confirm"], "the full decision path, screening included"
    (used,) = used_factors(house, w.id)
    terms = store.confirmed_hash(house.conn, i.id)
    assert used == {"factor": "standing", "payload": w.payload_hash, "terms": terms}
    assert w.used_factors == ["standing"]
    assert kit.kinds(house, i.id)[-1] == "standing.ran"
    run_due(house)
    at_noon(house)
    assert [r.number for r in runs(house, i.id)] == [1, 2]
    assert authorised(house, w.id) is W.APPROVED
    assert house.get(w.id).authorised_at is not None


def authorised(house: House, id: str) -> WithdrawalStatus:
    key = Ed25519PrivateKey.generate()
    return withdrawals.authorise(
        house.conn, id, lambda text: key.sign(text).hex(), {NETWORK: 31337}, house.setting, house.now
    )


def test_what_was_missed_while_nobody_worked_is_one_run(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    at_noon(house, 7)
    run_due(house)
    (run,) = runs(house, i.id)
    assert run.at - run.due_at == timedelta(days=6)
    assert get(house, i.id).due_at == house.now + timedelta(days=1)


def test_each_run_screens_again(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    at_noon(house)
    text = f"asset,address,entry\nETH,{LISTED},A\nETH,{RECEIVER},B\n"
    screening.import_list(house.conn, "sanctions", text, "test", house.now)
    at_noon(house)
    assert reasons(house, i.id) == [None, "address_refused"]
    first, second = made(house, i.id)
    assert (first.status, second.status) == (W.APPROVED, W.DECLINED)
    assert authorised(house, first.id) is W.DECLINED, "what waits is screened once more before it is paid"


def test_keep_back_and_percent_are_exact(house: House, ada: Customer) -> None:
    i = standing(house, ada, amount=None, percent="33.33", keep_back="40")
    at_noon(house)
    at_noon(house)
    at_noon(house)
    units = [w.units for w in made(house, i.id)]
    assert units == [33_330_000, 66_670_000 * 3333 // 10_000, 100 * COIN - 40 * COIN - 33_330_000 - 22_221_111]
    at_noon(house)
    assert house.available(ada) == 40 * COIN
    assert reasons(house, i.id)[-1] == "not_enough"


def test_only_settled_funds_count(house: House, ada: Customer) -> None:
    i = standing(house, ada, amount="60")
    house.asked(ada, "50")
    at_noon(house)
    assert reasons(house, i.id) == ["not_enough"]
    assert house.available(ada) == 50 * COIN


def test_a_threshold_takes_what_is_above_the_keep_back_and_no_dust(house: House, ada: Customer) -> None:
    i = standing(house, ada, balance="50", amount=None, keep_back="20")
    run_due(house)
    (first,) = made(house, i.id)
    assert first.units == 80 * COIN
    for _ in range(5):
        house.fund(ada.id, "USDT", COIN)
        house.wait(minutes=1)
        run_due(house)
    assert len(runs(house, i.id)) == 1, "25 is below the threshold"
    house.fund(ada.id, "USDT", 25 * COIN)
    house.wait(minutes=1)
    run_due(house)
    assert [w.units for w in made(house, i.id)] == [80 * COIN, 30 * COIN]
    assert reasons(house, i.id) == [None, None]


def test_a_threshold_that_stays_reached_rests_between_two_runs(house: House, ada: Customer) -> None:
    i = standing(house, ada, balance="20", amount="10")
    for _ in range(30):
        run_due(house)
        house.wait(minutes=30)
    assert len(runs(house, i.id)) == 1
    house.wait(hours=24)
    run_due(house)
    assert len(runs(house, i.id)) == 2


def test_a_price_fires_once_per_crossing(house: House, ada: Customer) -> None:
    i = standing(house, ada, "ETH", price="3000", when="at_or_above", amount="0.1")

    def tell(price: str, source: str = "venue-a") -> None:
        house.wait(minutes=1)
        fed = market.feed(house.conn, source, [Quote("ETH", NETWORK, house.now, price)], "test", house.now)
        assert fed.accepted == 1, fed.refused
        run_due(house)

    for price in ("2900", "2999.99", "3000", "3001", "3100"):
        tell(price)
    assert reasons(house, i.id) == [None]
    for price in ("2999", "3000", "3000"):
        tell(price)
    assert reasons(house, i.id) == [None, None]
    tell("2990")
    tell("2990", "venue-b")
    house.wait(seconds=30)
    tell("3050")
    assert reasons(house, i.id) == [None, None], "one of two sources alone fires nothing"
    tell("3050", "venue-b")
    assert reasons(house, i.id) == [None, None, None]


def test_without_a_fresh_price_one_line_says_so(house: House, ada: Customer) -> None:
    market.feed(house.conn, "venue-a", [Quote("ETH", NETWORK, house.now, "2500")], "test", house.now)
    i = standing(house, ada, "ETH", price="3000", when="at_or_above", amount="0.1")
    house.wait(minutes=30)
    for _ in range(5):
        run_due(house)
        house.wait(minutes=2)
    assert reasons(house, i.id) == ["no_price"]
    assert get(house, i.id).armed, "a crossing that nobody saw is still waited for"
    market.feed(house.conn, "venue-a", [Quote("ETH", NETWORK, house.now, "3100")], "test", house.now)
    run_due(house)
    assert reasons(house, i.id) == ["no_price", None]


def test_above_the_fee_ceiling_a_run_waits_until_the_next_is_due(house: House, ada: Customer) -> None:
    house.agree(loosening_hours=1)
    i = standing(house, ada, fee_ceiling=None, fee_percent="1")
    house.agree(fees={"ETH@evm-local": "0.0002", "USDT@evm-local": "0.100001"}, loosening_hours=1)
    at_noon(house)
    assert (get(house, i.id).waiting_for, runs(house, i.id)) == ("fee_above_ceiling", [])
    house.wait(hours=4)
    house.agree(fees={"ETH@evm-local": "0.0002", "USDT@evm-local": "0.1"}, loosening_hours=1)  # an hour later
    run_due(house)
    (run,) = runs(house, i.id)
    assert (run.reason, run.at - run.due_at) == (None, timedelta(hours=5))
    house.agree(fees={"ETH@evm-local": "0.0002", "USDT@evm-local": "0.11"}, loosening_hours=1)
    at_noon(house)
    house.wait(hours=23)
    run_due(house)
    assert len(runs(house, i.id)) == 1
    house.wait(hours=1)
    run_due(house)
    assert reasons(house, i.id) == [None, "fee_above_ceiling"]
    skipped = runs(house, i.id)[1]
    assert skipped.at - skipped.due_at == timedelta(days=1)


def test_addresses_take_turns(house: House, ada: Customer) -> None:
    ids = (kit.saved(house, ada), kit.saved(house, ada, OTHER))
    i = standing(house, ada, address_ids=ids, amount="5")
    for _ in range(3):
        at_noon(house)
    assert [w.address for w in made(house, i.id)] == [RECEIVER, OTHER, RECEIVER]
    screening.unbook(house.conn, ids[1], None, "test", house.now)
    at_noon(house)
    at_noon(house)
    assert reasons(house, i.id) == [None, None, None, "address_removed", None]
    assert made(house, i.id)[-1].address == RECEIVER


def test_an_address_book_that_was_rewritten_is_not_paid(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    house.conn.execute(
        "UPDATE saved_address SET address = %(new)s WHERE party_id = %(who)s AND address = %(old)s",
        {"who": ada.id, "old": RECEIVER, "new": checksum(b"\x11" * 20)},
    )
    at_noon(house)
    assert reasons(house, i.id) == ["address_removed"]


def test_a_key_gives_every_run_an_address_of_its_own_as_old_as_its_approval(house: House, ada: Customer) -> None:
    house.agree(new_address={"from_value": "0", "hours": 24, "large_from_value": "10000", "large_hours": 48})
    i = standing(house, ada, xpub=kit.ACCOUNT_XPUB, amount="5")
    approved = get(house, i.id).approved_at
    at_noon(house)  # a day has passed but for half a minute
    (first,) = made(house, i.id)
    assert first.status is W.AWAITING_CONFIRMATION, "the key is not a day old: the customer's own code is asked for"
    at_noon(house)
    at_noon(house)
    made_now = made(house, i.id)
    assert [w.status for w in made_now[1:]] == [W.APPROVED, W.APPROVED]
    assert [run.address_index for run in runs(house, i.id)] == [0, 1, 2]
    assert len({w.address for w in made_now}) == 3
    book = {a.address: a for a in screening.book(house.conn, ada.id)}
    for w in made_now:
        assert book[w.address].saved_at == book[w.address].booked_at == approved
    assert authorised(house, made_now[2].id) is W.APPROVED
    assert house.get(made_now[2].id).authorised_at is not None


def test_a_listed_derived_address_is_passed_by(house: House, ada: Customer) -> None:
    i = standing(house, ada, xpub=kit.ACCOUNT_XPUB, amount="5")
    house.wait(days=1)
    (view,) = flow.views(house.conn, [get(house, i.id)], house.setting.assets)
    first = view["terms"]["destination"]["addresses"][0]
    screening.import_list(
        house.conn, "sanctions", f"asset,address,entry\nETH,{LISTED},A\nETH,{first},B\n", "test", house.now
    )
    at_noon(house)
    at_noon(house)
    assert reasons(house, i.id) == ["address_refused", None]
    assert [run.address_index for run in runs(house, i.id)] == [0, 1]


def test_under_an_allow_list_addresses_of_a_confirmed_key_are_in_the_book(house: House, ada: Customer) -> None:
    screening.set_allow_list(house.conn, ada.id, True, ada.id, house.setting.policy.screening, house.now)
    i = standing(house, ada, xpub=kit.ACCOUNT_XPUB, amount="5")
    at_noon(house, 3)
    (w,) = made(house, i.id)
    assert w.status is W.APPROVED
    screening.unbook(house.conn, w.saved_address_id, None, "test", house.now)
    assert authorised(house, w.id) is not W.APPROVED, "taken out of the book, it is closed"


def test_the_customers_own_deposit_address_is_passed_by(house: House, ada: Customer) -> None:
    own = custody.deposit_address(house.conn, ada.id, NETWORK, "test", house.now)
    ids = (kit.saved(house, ada, own), kit.saved(house, ada))
    i = standing(house, ada, address_ids=ids)
    at_noon(house)
    at_noon(house)
    assert reasons(house, i.id) == ["address_refused", None]
    assert made(house, i.id)[-1].address == RECEIVER


def test_a_run_to_another_customer_of_ours_is_paid_in_the_books(house: House, ada: Customer) -> None:
    ben = house.customer()
    theirs = custody.deposit_address(house.conn, ben.id, NETWORK, "test", house.now)
    i = standing(house, ada, address_ids=(kit.saved(house, ada, theirs),))
    at_noon(house, 3)
    (w,) = made(house, i.id)
    assert authorised(house, w.id) is W.SETTLED
    assert house.available(ben) == w.net_units


def test_a_private_key_is_refused_and_never_repeated(house: House, ada: Customer) -> None:
    secret = bip32.derive(bip32.master(bytes(32)), "m/44'/60'/0'").xprv()
    with pytest.raises(Malformed) as caught:
        created(house, ada, xpub=secret)
    assert caught.value.code == "xpub_is_private"
    assert secret[:12] not in caught.value.message


# --- more than the terms say -------------------------------------------------------------------------------------


def test_a_step_up_waits_for_the_customers_own_code(house: House, ada: Customer) -> None:
    house.agree(factors=CODE_ALONE)
    i = standing(house, ada)
    parties.restrict(house.conn, ada.id, "step_up", None, "odd", "mei", house.now)
    at_noon(house)
    (w,) = made(house, i.id)
    assert w.status is W.AWAITING_CONFIRMATION
    assert house.confirm(ada, w.id).status is W.APPROVED
    (used,) = used_factors(house, w.id)
    assert used["factor"] == "totp"


@pytest.mark.parametrize(
    "sections",
    [
        {"review": {"from_value": "5", "quorum": [{"from_value": "0", "people": 1}], "sla_hours": 24}},
        {"new_address": {"from_value": "0", "hours": 8760, "large_from_value": "1", "large_hours": 8760}},
    ],
    ids=["review", "delay"],
)
def test_whatever_else_is_found_asks_for_the_customers_code_too(
    house: House, ada: Customer, sections: dict[str, object]
) -> None:
    i = standing(house, ada)
    house.agree(**sections)
    at_noon(house)
    (w,) = made(house, i.id)
    assert w.status is W.AWAITING_CONFIRMATION
    house.wait(minutes=15)
    assert withdrawals.expire(house.conn, w.id, house.setting, house.now) is W.EXPIRED
    assert house.available(ada) == 100 * COIN


def test_a_step_up_that_comes_later_asks_the_customer_before_it_is_paid(
    house: House, ada: Customer, tmp_path: Path
) -> None:
    post = Post(house, tmp_path / "mails")
    i = standing(house, ada)
    at_noon(house)
    (w,) = made(house, i.id)
    assert (w.status, w.used_factors) == (W.APPROVED, ["standing"])
    parties.restrict(house.conn, ada.id, "step_up", None, "odd", "mei", house.now)
    assert authorised(house, w.id) is W.AWAITING_CONFIRMATION
    waiting = house.get(w.id)
    assert (waiting.authorised_at, waiting.confirmed_at) == (None, None)
    assert (waiting.required_factors, waiting.used_factors) == (["totp", "mail"], []), "terms are not enough any more"
    assert waiting.expires_at == house.now + timedelta(hours=24)
    (mail,) = [m for m in post.deliver() if m["Subject"].startswith("Confirm")]
    assert house.confirm(ada, w.id).status is W.AWAITING_CONFIRMATION
    link = withdrawals.confirm_by_link(house.conn, token(mail), house.setting, house.now)
    assert link.status is W.APPROVED
    assert authorised(house, w.id) is W.APPROVED
    assert house.get(w.id).authorised_at is not None


def test_an_ordinary_withdrawal_with_its_code_is_not_asked_again(house: House, ada: Customer) -> None:
    house.agree(factors=CODE_ALONE)
    w = house.confirm(ada, house.asked(ada, "5").id)
    parties.restrict(house.conn, ada.id, "step_up", None, "odd", "mei", house.now)
    assert authorised(house, w.id) is W.APPROVED
    assert house.get(w.id).authorised_at is not None


def test_an_outside_check_is_waited_for_and_its_step_up_asks_for_a_code(house: House, ada: Customer) -> None:
    house.agree(outside_checks=[{"check": "vendor_a", "from_value": "0"}])
    i = standing(house, ada)
    at_noon(house)
    (w,) = made(house, i.id)
    assert w.status is W.SCREENING
    with act(house.conn, "vendor", house.now) as tx:
        withdrawals.outside_answered(tx, w.id, "vendor_a", Outcome.STEP_UP, "odd", house.setting)
    assert house.get(w.id).status is W.AWAITING_CONFIRMATION


def test_after_a_person_approved_a_step_up_still_asks_for_a_code(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    at_noon(house)
    (w,) = made(house, i.id)
    house.agree(
        review={"from_value": "5", "quorum": [{"from_value": "0", "people": 1}], "sla_hours": 24}, factors=CODE_ALONE
    )
    parties.restrict(house.conn, ada.id, "step_up", None, "odd", "mei", house.now)
    assert authorised(house, w.id) is W.IN_REVIEW
    (case,) = cases.about(house.conn, w.id)
    with act(house.conn, "worker", house.now) as tx:
        withdrawals.answered(tx, w.id, "approved", case.id, house.setting)
    assert house.get(w.id).status is W.AWAITING_CONFIRMATION
    assert house.confirm(ada, w.id).status is W.APPROVED


def test_declined_and_over_the_limit_are_told_apart(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    parties.restrict(house.conn, ada.id, "withdrawal_limit", None, "odd", "mei", house.now, "5")
    at_noon(house)
    house.agree(jurisdictions={"default": "banned", "countries": {}})
    at_noon(house)
    assert reasons(house, i.id) == ["over_limit", "declined"]
    assert house.available(ada) == 100 * COIN


def test_three_skips_in_a_row_are_told_once(house: House, ada: Customer) -> None:
    i = standing(house, ada, amount="200")
    for _ in range(5):
        at_noon(house)
    assert reasons(house, i.id) == ["not_enough"] * 5
    assert kit.kinds(house, i.id).count("standing.skipping") == 1
    house.fund(ada.id, "USDT", 100 * COIN)
    at_noon(house)
    for _ in range(3):
        at_noon(house)
    assert kit.kinds(house, i.id).count("standing.skipping") == 2, "a run that was made begins the count anew"


def test_a_missing_list_is_waited_for(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    house.agree(required_lists=["sanctions", "never-imported"])
    at_noon(house)
    assert (get(house, i.id).waiting_for, runs(house, i.id)) == ("not_decided", [])
    house.wait(hours=1)
    house.agree()
    run_due(house)
    assert reasons(house, i.id) == [None]


# --- rows that were changed behind us ----------------------------------------------------------------------------


def test_changed_terms_do_not_run(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    rewrite(house, i.id, 1, RECEIVER, OTHER)
    at_noon(house)
    after = get(house, i.id)
    assert (after.status, after.reason) == (Status.PAUSED, "changed")
    assert made(house, i.id) == []
    assert "standing.tampered" in kit.kinds(house, i.id)
    assert refused(lambda: kit.resumed(house, ada, i.id)) == "payload_changed"


def test_terms_that_were_confirmed_once_do_not_come_back(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    flow.edit(house.conn, i.id, kit.wanted(house, ada, amount="5"), ada.id, house.setting, house.now)
    assert confirmed(house, ada, i.id).version == 2
    house.conn.execute("ALTER TABLE standing DISABLE TRIGGER USER")
    house.conn.execute("UPDATE standing SET version = 1 WHERE id = %(id)s", {"id": i.id})
    house.conn.execute("ALTER TABLE standing ENABLE TRIGGER USER")
    at_noon(house)
    assert get(house, i.id).reason == "changed"
    assert made(house, i.id) == []


def test_terms_changed_after_the_run_do_not_pay(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    at_noon(house)
    (w,) = made(house, i.id)
    rewrite(house, i.id, 1, '"units":10000000', '"units":90000000')
    authorised(house, w.id)
    after = house.get(w.id)
    assert (after.authorised_at, after.waiting_for) == (None, "person")
    assert "withdrawal.tampered" in kit.kinds(house, w.id)


def test_a_withdrawal_cannot_borrow_another_instructions_word(house: House, ada: Customer) -> None:
    """A thief asks for a withdrawal of their own, and writes a run beside it as if an instruction had made it."""
    i = standing(house, ada)
    theft = house.asked(ada, "9", checksum(b"\x22" * 20))
    house.conn.execute(
        "INSERT INTO standing_run (standing_id, number, due_at, at, version, withdrawal_id)"
        " VALUES (%(id)s, 99, now(), now(), 1, %(w)s)",
        {"id": i.id, "w": theft.id},
    )
    with act(house.conn, "worker", house.now) as tx:
        assert refused(lambda: withdrawals.confirm_by_terms(tx, theft.id, house.setting)) == "terms_do_not_cover"
    assert house.get(theft.id).status is W.AWAITING_CONFIRMATION


def test_what_nobody_ran_is_not_confirmed_by_terms(house: House, ada: Customer) -> None:
    asked = house.asked(ada, "9")
    with act(house.conn, "worker", house.now) as tx:
        assert refused(lambda: withdrawals.confirm_by_terms(tx, asked.id, house.setting)) == "terms_do_not_cover"


# --- pause, resume, delete, edit ---------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["password_changed", "mfa_changed", "email_changed", "phone_changed"])
def test_a_security_event_pauses_everything(house: House, ada: Customer, event: str) -> None:
    both = [standing(house, ada), standing(house, ada, "ETH", amount="0.1")]
    parties.record_event(house.conn, ada.id, event, house.now, "test", house.now)
    kit.read_news(house)
    for i in both:
        assert (get(house, i.id).status, get(house, i.id).reason) == (Status.PAUSED, "security_event")
    at_noon(house)
    assert [runs(house, i.id) for i in both] == [[], []]


@pytest.mark.parametrize("kind", ["freeze", "withdrawal_block", "ban"])
def test_no_run_slips_through_before_the_news_is_read(house: House, ada: Customer, kind: str) -> None:
    """Also where the restriction was lifted again before anybody looked."""
    i = standing(house, ada)
    order = parties.restrict(house.conn, ada.id, kind, None, "odd", "mei", house.now)
    parties.lift(house.conn, order.id, "all is well", "mei", house.now)
    at_noon(house)
    assert reasons(house, i.id) == ["paused"]
    assert get(house, i.id).reason == "security_event"
    assert house.available(ada) == 100 * COIN


def test_an_event_that_happened_long_ago_and_is_told_now_counts(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    old = house.now - timedelta(days=2)
    parties.record_event(house.conn, ada.id, "email_changed", old, "test", house.now)
    at_noon(house)
    assert made(house, i.id) == []


@pytest.mark.parametrize("kind", [("watch", None), ("withdrawal_limit", "1000"), ("step_up", None)])
def test_what_is_no_security_event_pauses_nothing(house: House, ada: Customer, kind: tuple[str, str | None]) -> None:
    i = standing(house, ada)
    parties.restrict(house.conn, ada.id, kind[0], None, "odd", "mei", house.now, kind[1])
    parties.record_event(house.conn, ada.id, "login", house.now, "test", house.now)
    kit.read_news(house)
    assert get(house, i.id).status is Status.ACTIVE


def test_runs_and_events_at_once_never_run_after_one(house: House, ada: Customer, database_url: str) -> None:
    """Whichever takes the party's lock first: a run that was made stands in the journal before the event."""
    for n in range(12):
        i = standing(house, ada, amount="1")
        due = get(house, i.id).due_at
        assert due is not None
        house.now, setting = due, house.setting

        def work(what: int, id: str = i.id, now: datetime = due, setting: Any = setting) -> None:
            with connect(database_url) as conn:
                if what:
                    parties.record_event(conn, ada.id, "email_changed", now, "test", now)
                else:
                    flow.run(conn, id, setting, now)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, (0, 1) if n % 2 else (1, 0)))
        ran = [run for run in runs(house, i.id) if run.reason is None]
        assert get(house, i.id).status is Status.PAUSED or ran
        assert links(house, i.id, "standing.ran") < (links(house, ada.id, "party.event") or [0])[-1:] or not ran
        flow.delete(house.conn, i.id, ada.id, house.setting, house.now)
        house.wait(hours=1)


def links(house: House, subject: str, kind: str) -> list[int]:
    """Where in the journal these stand, oldest first."""
    found = house.conn.execute(
        "SELECT link FROM journal WHERE subject = %(id)s AND kind = %(kind)s ORDER BY link",
        {"id": subject, "kind": kind},
    )
    return [link for (link,) in found.fetchall()]


def test_resume_asks_for_a_code_and_makes_up_for_nothing(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    flow.pause(house.conn, i.id, ada.id, house.now)
    assert flow.pause(house.conn, i.id, ada.id, house.now).reason == "customer", "again changes nothing"
    at_noon(house, 3)
    assert runs(house, i.id) == []
    wrong = lambda: flow.resume(house.conn, i.id, "totp", "000000", DATA_KEY, ada.id, house.setting, house.now)  # noqa: E731
    assert refused(wrong) == "code_wrong"
    after = kit.resumed(house, ada, i.id)
    assert (after.status, reasons(house, i.id)) == (Status.ACTIVE, ["paused"])
    run_due(house)
    at_noon(house)
    assert reasons(house, i.id) == ["paused", None]
    assert refused(lambda: kit.resumed(house, ada, i.id)) == "standing_not_paused"


def test_resume_under_a_freeze_is_refused(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    order = parties.restrict(house.conn, ada.id, "freeze", None, "stolen", "mei", house.now)
    kit.read_news(house)
    assert refused(lambda: kit.resumed(house, ada, i.id)) == "withdrawals_blocked"
    parties.lift(house.conn, order.id, "found", "mei", house.now)
    assert kit.resumed(house, ada, i.id).status is Status.ACTIVE


def test_an_edit_changes_nothing_before_its_code(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    flow.edit(house.conn, i.id, kit.wanted(house, ada, amount="20"), ada.id, house.setting, house.now)
    at_noon(house)
    assert [w.units for w in made(house, i.id)] == [10 * COIN]
    assert refused(lambda: confirmed(house, ada, i.id)) == "confirmation_expired"
    jobs.expire_drafts(house.conn, house.clock)
    assert get(house, i.id).draft is None
    flow.edit(house.conn, i.id, kit.wanted(house, ada, amount="20"), ada.id, house.setting, house.now)
    after = confirmed(house, ada, i.id)
    assert (after.version, after.draft) == (3, None)
    at_noon(house)
    assert [w.units for w in made(house, i.id)] == [10 * COIN, 20 * COIN]
    assert authorised(house, made(house, i.id)[0].id) is W.APPROVED, "what was made under the old terms stands"


def test_only_a_new_destination_is_new(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    before = get(house, i.id).approved_at
    house.wait(days=1)
    flow.edit(house.conn, i.id, kit.wanted(house, ada, amount="20"), ada.id, house.setting, house.now)
    assert confirmed(house, ada, i.id).approved_at == before
    ids = (kit.saved(house, ada, OTHER),)
    flow.edit(house.conn, i.id, kit.wanted(house, ada, address_ids=ids), ada.id, house.setting, house.now)
    assert confirmed(house, ada, i.id).approved_at == house.now


def test_delete_wipes_and_takes_back_what_has_not_begun(house: House, ada: Customer) -> None:
    i = standing(house, ada, xpub=kit.ACCOUNT_XPUB, amount="5")
    at_noon(house, 2)
    (w,) = made(house, i.id)
    assert w.status is W.APPROVED
    for _ in range(2):
        gone = flow.delete(house.conn, i.id, ada.id, house.setting, house.now)
        assert (gone.status, gone.reason) == (Status.DELETED, "deleted")
    assert house.get(w.id).status is W.CANCELLED
    assert house.available(ada) == 100 * COIN
    dumped = [str(row) for row in house.conn.execute("SELECT * FROM standing_terms").fetchall()]
    dumped += [str(row) for row in house.conn.execute("SELECT * FROM standing").fetchall()]
    dumped += [str(row) for row in house.conn.execute("SELECT body FROM journal").fetchall()]
    assert not any(kit.ACCOUNT_XPUB in text for text in dumped)
    assert len(runs(house, i.id)) == 1, "the record stays"
    for act_on in (
        lambda: flow.pause(house.conn, i.id, ada.id, house.now),
        lambda: kit.resumed(house, ada, i.id),
        lambda: confirmed(house, ada, i.id),
    ):
        assert refused(act_on) == "standing_deleted"
    at_noon(house)
    assert len(runs(house, i.id)) == 1
    assert standing(house, ada).status is Status.ACTIVE, "its place is free"


def test_what_is_deleted_stays_deleted_and_the_record_is_kept(house: House, ada: Customer) -> None:
    i = standing(house, ada)
    at_noon(house)
    flow.delete(house.conn, i.id, ada.id, house.setting, house.now)
    for sql in (
        "UPDATE standing SET status = 'active'",
        "DELETE FROM standing",
        "DELETE FROM standing_run",
        "UPDATE standing_run SET reason = 'x'",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation):
            house.conn.execute(sql)


def test_unknown_and_unconfirmed_ones(house: House, ada: Customer) -> None:
    with pytest.raises(NotFound):
        get(house, "stw_nobody")
    i = created(house, ada)
    with pytest.raises(Conflict):
        flow.pause(house.conn, i.id, ada.id, house.now)
    assert refused(lambda: kit.resumed(house, ada, i.id)) == "standing_not_paused"
    confirmed(house, ada, i.id)
    assert refused(lambda: confirmed(house, ada, i.id)) == "standing_not_confirmable"


# --- many workers ------------------------------------------------------------------------------------------------


def test_twenty_workers_at_once_make_one_run(house: House, ada: Customer, database_url: str) -> None:
    i = standing(house, ada)
    due = get(house, i.id).due_at
    assert due is not None
    setting = house.setting

    def one(_: int) -> bool:
        with connect(database_url) as conn:
            return flow.run(conn, i.id, setting, due) is not None

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(one, range(20))) == 1
    assert len(made(house, i.id)) == 1
    assert house.available(ada) == 90 * COIN


def test_one_that_fails_is_set_aside_and_harms_no_other(house: House, ada: Customer) -> None:
    bad, good = standing(house, ada), standing(house, ada, "ETH", amount="0.1")
    house.conn.execute("ALTER TABLE standing_run ADD CONSTRAINT broken CHECK (standing_id <> '" + bad.id + "')")
    at_noon(house)
    assert len(made(house, good.id)) == 1
    after = get(house, bad.id)
    assert (after.failures, after.next_at, runs(house, bad.id)) == (1, house.now + timedelta(minutes=1), [])
    house.conn.execute("ALTER TABLE standing_run DROP CONSTRAINT broken")
    house.wait(minutes=1)
    run_due(house)
    assert (len(made(house, bad.id)), get(house, bad.id).failures) == (1, 0)


# --- always, never -----------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("fund"), st.integers(1, 60)),
        st.tuples(st.just("noon"), st.integers(1, 3)),
        st.tuples(st.just("spend"), st.integers(1, 40)),
        st.tuples(st.just("event"), st.just(0)),
        st.tuples(st.just("resume"), st.just(0)),
        st.tuples(st.just("cancel"), st.just(0)),
    ),
    min_size=4,
    max_size=14,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=STEPS,
    keep=st.integers(0, 50),
    terms=st.sampled_from([{"amount": "7"}, {"amount": None}, {"amount": None, "percent": "12.34"}]),
)
def test_runs_never_take_more_than_there_is_nor_touch_the_keep_back(
    house: House, steps: list[tuple[str, int]], keep: int, terms: dict[str, Any]
) -> None:
    """Whatever happens between them; and no two runs answer one due time."""
    who = house.customer(USDT=30 * COIN)
    kit.saved(house, who)
    house.wait(days=3)
    i = standing(house, who, keep_back=str(keep), **terms)
    for step, n in steps:
        if step == "fund":
            house.fund(who.id, "USDT", n * COIN)
        elif step == "spend" and house.available(who) >= n * COIN:
            house.asked(who, str(n))
        elif step == "event":
            parties.record_event(house.conn, who.id, "email_changed", house.now, "test", house.now)
        elif step == "resume" and get(house, i.id).status is Status.PAUSED:
            kit.resumed(house, who, i.id)
        elif step == "cancel":
            for w in made(house, i.id)[-1:]:
                with act(house.conn, "test", house.now) as tx:
                    withdrawals.cancel_if_free(tx, w.id, "test", house.setting)
        elif step == "noon":
            before, known = house.available(who), len(runs(house, i.id))
            at_noon(house, n)
            taken = sum(
                house.get(r.withdrawal_id).units
                for r in runs(house, i.id)[known:]
                if r.reason is None and r.withdrawal_id
            )
            assert house.available(who) == before - taken
            assert taken == 0 or before - taken >= keep * COIN
    found = runs(house, i.id)
    assert len({run.due_at for run in found}) == len(found)
    assert [run.number for run in found] == list(range(1, len(found) + 1))
    assert ledger_store.disagreements(house.conn) == []
    assert journal.verify(house.conn).broken is None
