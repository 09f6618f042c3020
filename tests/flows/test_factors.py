"""Several factors for one withdrawal on a real database: asked for, used for its payload, never silently fewer."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
from conftest import database
from house import Customer, House, furnish
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mail_kit import Post, token
from passkey_kit import Authenticator

from tidegate.base.findings import Outcome
from tidegate.base.refusals import Conflict, Forbidden, NotFound, Refusal, TooMany
from tidegate.db import Conn, act, connect, journal
from tidegate.parties import flow as parties
from tidegate.parties.party import Verified
from tidegate.parties.passkey import Relying
from tidegate.withdrawals import factors, jobs
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.withdrawal import FINAL, Status, Withdrawal

COIN = 10**6
US = Relying()


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def post(house: House, tmp_path: Path) -> Post:
    return Post(house, tmp_path / "mails")


def enrol(house: House, who: Customer, device: Authenticator, name: str = "My telephone") -> str:
    begun = parties.begin_passkey(house.conn, who.id, name, US, 5, who.id, house.now)
    return parties.finish_passkey(house.conn, who.id, begun.id, device.create(begun.options), US, who.id, house.now).id


def with_passkey(house: House, device: Authenticator, **funds: int) -> Customer:
    """A customer with an app and a passkey, whose pause after that change is over."""
    who = house.customer(**funds)
    enrol(house, who, device)
    house.wait(hours=25)
    return who


def sign(house: House, id: str, device: Authenticator) -> Withdrawal:
    options = withdrawals.challenge(house.conn, id, US, "test", house.setting, house.now)
    return withdrawals.confirm_with_passkey(house.conn, id, device.get(options), US, "test", house.setting, house.now)


def by_link(house: House, secret: str) -> Withdrawal:
    return withdrawals.confirm_by_link(house.conn, secret, house.setting, house.now)


def restrict(house: House, who: Customer, kind: str = "step_up", value: str | None = None) -> str:
    return parties.restrict(house.conn, who.id, kind, None, "a test", "officer", house.now, value).id


def said(refused: Any) -> str:
    return str(refused.value.code)


# --- passkeys ----------------------------------------------------------------------------------------------------


def test_a_passkey_confirms_what_it_signed(house: House) -> None:
    device = Authenticator()
    ada = with_passkey(house, device, USDT=100 * COIN)
    asked = house.asked(ada, "5")
    assert asked.required_factors == ["totp"]
    assert sign(house, asked.id, device).status is Status.APPROVED
    (used,) = [n.content for n in journal.about(house.conn, asked.id) if n.kind == "factor.used"]
    assert (used["factor"], used["payload"]) == ("passkey", asked.payload_hash)


def test_a_challenge_is_for_one_withdrawal_once_and_for_five_minutes(house: House) -> None:
    device = Authenticator()
    ada = with_passkey(house, device, USDT=100 * COIN)
    one, two = house.asked(ada, "5"), house.asked(ada, "5")
    options = withdrawals.challenge(house.conn, one.id, US, ada.id, house.setting, house.now)

    def answer(id: str, answered: dict[str, Any]) -> Withdrawal:
        return withdrawals.confirm_with_passkey(house.conn, id, answered, US, ada.id, house.setting, house.now)

    with pytest.raises(Conflict) as other:
        answer(two.id, device.get(options))
    assert said(other) == "challenge_unknown"
    house.wait(minutes=5)
    with pytest.raises(Conflict) as late:
        answer(one.id, device.get(options))
    assert said(late) == "challenge_expired"
    options = withdrawals.challenge(house.conn, one.id, US, ada.id, house.setting, house.now)
    signed = device.get(options)
    other_signature = device.get(options)["response"]["signature"]
    broken = {**signed, "response": {**signed["response"], "signature": other_signature}}
    with pytest.raises(Forbidden) as wrong:
        answer(one.id, broken)
    assert said(wrong) == "passkey_refused"
    with pytest.raises(Conflict) as again:  # the right answer, but its challenge has been answered
        answer(one.id, signed)
    assert said(again) == "challenge_used"
    assert house.get(one.id).tries == 1


def test_wrong_signatures_end_a_withdrawal_like_wrong_codes(house: House) -> None:
    device, thief = Authenticator(), Authenticator()
    ada = with_passkey(house, device, USDT=100 * COIN)
    thief.id = device.id
    asked = house.asked(ada, "5")
    for _ in range(4):
        with pytest.raises(Forbidden):
            sign(house, asked.id, thief)
    with pytest.raises(TooMany) as last:
        sign(house, asked.id, thief)
    assert said(last) == "code_tries_used_up"
    assert house.get(asked.id).status is Status.DECLINED


def test_a_copied_passkey_is_refused_with_an_alarm(house: House, post: Post) -> None:
    device = Authenticator()
    ada = with_passkey(house, device, USDT=100 * COIN)
    post.deliver()
    copy = replace(device)
    assert sign(house, house.asked(ada, "5").id, device).status is Status.APPROVED
    asked = house.asked(ada, "5")
    with pytest.raises(Forbidden) as refused:
        sign(house, asked.id, copy)
    assert said(refused) == "passkey_copied"
    assert house.get(asked.id).status is Status.AWAITING_CONFIRMATION
    (alarm,) = [n.content for n in journal.about(house.conn, ada.id) if n.kind == "factor.copied"]
    assert (alarm["count_before"], alarm["count"]) == (2, 2)
    assert "One of your passkeys may have been copied" in [mail["Subject"] for mail in post.deliver()]


def test_a_device_that_does_not_count_works_every_time(house: House) -> None:
    device = Authenticator(counts=False)
    ada = with_passkey(house, device, USDT=100 * COIN)
    for _ in range(2):
        assert sign(house, house.asked(ada, "5").id, device).status is Status.APPROVED


def test_a_customer_with_only_a_passkey_is_asked_for_it(house: House) -> None:
    who = parties.register(house.conn, "only", "DE", "Only", "only@example.com", "test", house.now)
    parties.set_identity(house.conn, who.id, Verified(2), "test", house.now)
    only, device = Customer(who.id, ""), Authenticator()
    house.fund(who.id, "USDT", 100 * COIN)
    enrol(house, only, device)  # a first factor pauses nothing
    asked = house.asked(only, "5")
    assert asked.required_factor == "passkey"
    with pytest.raises(Conflict) as refused:
        house.confirm(only, asked.id, "123456")
    assert said(refused) == "factor_not_asked"
    assert sign(house, asked.id, device).status is Status.APPROVED


def test_adding_and_removing_pauses_withdrawals_and_the_last_factor_stays(house: House) -> None:
    ada, device = house.customer(USDT=100 * COIN), Authenticator()
    id = enrol(house, ada, device)
    mine = parties.factors(house.conn, ada.id)
    assert [(f.kind, f.name) for f in mine] == [("totp", ""), ("passkey", "My telephone")]
    delayed = house.asked(ada, "5")
    assert house.confirm(ada, delayed.id).status is Status.DELAYED
    house.wait(hours=25)
    (left,) = parties.remove_factor(house.conn, ada.id, id, ada.id, house.now)
    assert left.kind == "totp"
    again = house.asked(ada, "5")
    with pytest.raises(Conflict):
        sign(house, again.id, device)
    assert house.confirm(ada, again.id).status is Status.DELAYED
    with pytest.raises(Conflict) as last:
        parties.remove_factor(house.conn, ada.id, left.id, ada.id, house.now)
    assert said(last) == "factor_last"
    with pytest.raises(NotFound):
        parties.remove_factor(house.conn, ada.id, id, ada.id, house.now)


def test_one_key_is_one_passkey_of_one_customer(house: House) -> None:
    ada, ben, device = house.customer(), house.customer(), Authenticator()
    enrol(house, ada, device)
    begun = parties.begin_passkey(house.conn, ben.id, "Mine", US, 5, ben.id, house.now)
    with pytest.raises(NotFound):  # somebody else's ceremony
        parties.finish_passkey(house.conn, ada.id, begun.id, device.create(begun.options), US, ada.id, house.now)
    with pytest.raises(Conflict) as taken:
        parties.finish_passkey(house.conn, ben.id, begun.id, device.create(begun.options), US, ben.id, house.now)
    assert said(taken) == "passkey_taken"
    assert [f.kind for f in parties.factors(house.conn, ben.id)] == ["totp"]


# --- step-up, links ----------------------------------------------------------------------------------------------


def test_a_step_up_asks_the_app_and_the_mail_in_either_order(house: House, post: Post) -> None:
    ada = house.customer(USDT=100 * COIN)
    restrict(house, ada)
    for first in ("totp", "mail"):
        asked = house.asked(ada, "5")
        assert asked.required_factors == ["totp", "mail"]
        (mail,) = [m for m in post.deliver() if m["Subject"].startswith("Confirm")]
        if first == "totp":
            half = house.confirm(ada, asked.id)
            assert (half.status, half.used_factors) == (Status.AWAITING_CONFIRMATION, ["totp"])
            assert by_link(house, token(mail)).status is Status.APPROVED
        else:
            half = by_link(house, token(mail))
            assert (half.status, half.used_factors) == (Status.AWAITING_CONFIRMATION, ["mail"])
            assert house.confirm(ada, asked.id).status is Status.APPROVED


def test_a_step_up_beside_a_delay_is_not_hidden_by_it(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    restrict(house, ada)
    restrict(house, ada, "withdrawal_delay", "5")
    asked = house.asked(ada, "5")
    assert asked.required_factors == ["totp", "mail"]


def test_a_step_up_asks_for_the_passkey_where_there_is_one(house: House) -> None:
    device = Authenticator()
    ada = with_passkey(house, device, USDT=100 * COIN)
    restrict(house, ada)
    asked = house.asked(ada, "5")
    assert asked.required_factors == ["passkey"]
    with pytest.raises(Conflict) as refused:
        house.confirm(ada, asked.id)
    assert said(refused) == "factor_not_asked"
    assert sign(house, asked.id, device).status is Status.APPROVED


def test_a_step_up_that_comes_after_the_request_raises_what_is_asked(house: House, post: Post) -> None:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    restrict(house, ada)
    half = house.confirm(ada, asked.id)
    assert (half.status, half.required_factors, half.used_factors) == (
        Status.AWAITING_CONFIRMATION,
        ["totp", "mail"],
        ["totp"],
    )
    (mail,) = [m for m in post.deliver() if m["Subject"].startswith("Confirm")]
    house.wait(hours=23)
    assert by_link(house, token(mail)).status is Status.APPROVED


def test_a_step_up_that_comes_after_the_confirmation_brings_it_back_to_the_customer(house: House, post: Post) -> None:
    """Approved, but not authorised yet: what it used counts, what is asked now is missing."""
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    assert house.confirm(ada, asked.id).status is Status.APPROVED
    restrict(house, ada)
    authorise(house)
    back = house.get(asked.id)
    assert (back.status, back.required_factors, back.used_factors) == (
        Status.AWAITING_CONFIRMATION,
        ["totp", "mail"],
        ["totp"],
    )
    (mail,) = [m for m in post.deliver() if m["Subject"].startswith("Confirm")]
    assert by_link(house, token(mail)).status is Status.APPROVED
    authorise(house)
    assert house.get(asked.id).authorised_at is not None


def authorise(house: House) -> None:
    jobs.authorise_approved(
        house.conn, lambda payload: "00" * 64, {"evm-local": 31337}, lambda: house.setting, house.clock
    )


def test_removing_the_factor_that_is_asked_for_does_not_make_it_less(house: House) -> None:
    device = Authenticator()
    ada = with_passkey(house, device, USDT=100 * COIN)
    restrict(house, ada)
    asked = house.asked(ada, "5")
    (key,) = [f.id for f in parties.factors(house.conn, ada.id) if f.kind == "passkey"]
    parties.remove_factor(house.conn, ada.id, key, ada.id, house.now)
    with pytest.raises(Conflict) as refused:
        house.confirm(ada, asked.id)
    assert said(refused) == "factor_not_asked"
    assert house.get(asked.id).required_factors == ["passkey"]


def stepped_up(house: House, post: Post) -> tuple[Customer, Withdrawal, str]:
    """A withdrawal that lacks nothing but the link of its mail."""
    ada = house.customer(USDT=100 * COIN)
    restrict(house, ada)
    asked = house.asked(ada, "5")
    house.confirm(ada, asked.id)
    (mail,) = [m for m in post.deliver() if m["Subject"].startswith("Confirm")]
    return ada, asked, token(mail)


def test_of_twenty_at_once_with_one_link_one_confirms(house: House, post: Post, database_url: str) -> None:
    _, asked, secret = stepped_up(house, post)

    def click(_: int) -> str:
        with connect(database_url) as conn:
            try:
                return withdrawals.confirm_by_link(conn, secret, withdrawals.setting(conn, house.now), house.now).status
            except Refusal as refusal:
                return refusal.code

    with ThreadPoolExecutor(20) as threads:
        answers = sorted(threads.map(click, range(20)))
    assert answers == ["approved", *["link_used"] * 19]
    used = [n.content["factor"] for n in journal.about(house.conn, asked.id) if n.kind == "factor.used"]
    assert used == ["totp", "mail"]


def test_looking_at_a_link_changes_nothing_and_a_wrong_one_is_nobodys(house: House, post: Post) -> None:
    _, asked, secret = stepped_up(house, post)
    before = journal.verify(house.conn).tip
    with pytest.raises(NotFound) as unknown:
        by_link(house, secret[:-1] + ("A" if secret[-1] != "A" else "B"))
    assert said(unknown) == "link_unknown"
    assert journal.verify(house.conn).tip == before
    kept = house.conn.execute("SELECT string_agg(m::text, '') FROM mail m").fetchone()
    assert kept is not None
    assert secret not in kept[0]
    assert house.get(asked.id).used_factors == ["totp"]


def test_a_link_counts_for_24_hours_and_the_withdrawal_then_expires(house: House, post: Post) -> None:
    ada, asked, secret = stepped_up(house, post)
    house.wait(hours=24)
    with pytest.raises(Conflict) as late:
        by_link(house, secret)
    assert said(late) == "link_expired"
    assert withdrawals.expire(house.conn, asked.id, house.setting, house.now) is Status.EXPIRED
    assert house.available(ada) == 100 * COIN


def test_a_link_counts_for_the_payload_that_its_mail_was_sent_for(house: House, post: Post) -> None:
    _, asked, secret = stepped_up(house, post)
    house.conn.execute("UPDATE mail SET payload = 'something else' WHERE subject = %s", (asked.id,))
    with pytest.raises(Conflict) as changed:
        by_link(house, secret)
    assert said(changed) == "payload_changed"
    assert house.get(asked.id).used_factors == ["totp"]


def test_a_mail_is_sent_again_after_a_minute_and_both_links_are_one(house: House, post: Post) -> None:
    ada, asked, first = stepped_up(house, post)
    with pytest.raises(TooMany) as soon:
        withdrawals.resend(house.conn, asked.id, ada.id, house.setting, house.now)
    assert said(soon) == "resend_too_soon"
    house.wait(seconds=60)
    withdrawals.resend(house.conn, asked.id, ada.id, house.setting, house.now)
    (mail,) = post.deliver()
    assert token(mail) != first
    assert by_link(house, token(mail)).status is Status.APPROVED
    with pytest.raises(Conflict) as over:
        by_link(house, first)
    assert said(over) == "withdrawal_not_confirmable"
    with pytest.raises(Conflict) as nothing:
        withdrawals.resend(house.conn, asked.id, ada.id, house.setting, house.now)
    assert said(nothing) == "link_not_asked"


def test_no_link_confirms_under_a_freeze_and_it_still_does_afterwards(house: House, post: Post) -> None:
    ada, _, secret = stepped_up(house, post)
    order = restrict(house, ada, "freeze")
    with pytest.raises(Forbidden):
        by_link(house, secret)
    parties.lift(house.conn, order, "a mistake", "officer", house.now)
    assert by_link(house, secret).status is Status.APPROVED


# --- the freeze link ---------------------------------------------------------------------------------------------


def test_freeze_me_stops_everything_at_once_and_again_changes_nothing(house: House, post: Post) -> None:
    ada, asked, secret = stepped_up(house, post)
    order = parties.freeze_by_link(house.conn, secret, house.now)
    assert (order.kind, order.created_by, order.until) == ("freeze", ada.id, None)
    assert parties.freeze_by_link(house.conn, secret, house.now).id == order.id
    with pytest.raises(Forbidden):
        by_link(house, secret)
    (refused,) = house.request(house.ask_for(ada, "5"))
    assert isinstance(refused, Forbidden)
    assert "Your account is frozen" in [mail["Subject"] for mail in post.deliver()]
    assert house.get(asked.id).status is Status.AWAITING_CONFIRMATION


def test_freeze_me_works_for_thirty_days_in_any_mail_of_ours(house: House, post: Post) -> None:
    ada = house.customer()
    mails = post.deliver()
    assert [m["Subject"] for m in mails] == ["A second factor was added"]
    secret = token(mails[0])
    with pytest.raises(Conflict) as nothing:
        by_link(house, secret)
    assert said(nothing) == "link_confirms_nothing"
    house.wait(days=29, hours=23)
    assert parties.freeze_by_link(house.conn, secret, house.now).party_id == ada.id
    house.wait(hours=1)
    with pytest.raises(Conflict) as late:
        parties.freeze_by_link(house.conn, secret, house.now)
    assert said(late) == "link_expired"


def test_twenty_clicks_on_freeze_at_once_are_one_freeze(house: House, post: Post, database_url: str) -> None:
    house.customer()
    (mail,) = post.deliver()

    def click(_: int) -> str:
        with connect(database_url) as conn:
            return parties.freeze_by_link(conn, token(mail), house.now).id

    with ThreadPoolExecutor(20) as threads:
        assert len(set(threads.map(click, range(20)))) == 1


def test_a_customers_own_freeze_ends_a_day_after_compliance_identified_them_again(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    waiting = house.asked(ada, "5")
    house.confirm(ada, waiting.id)
    order = parties.freeze(house.conn, ada.id, "My phone was stolen.", ada.id, house.now)
    house.wait(minutes=1)

    def lift(compliance: bool = True) -> Any:
        return parties.lift(house.conn, order.id, "Seen on video", "clara", house.now, compliance)

    for compliance, code in ((False, "lift_not_yours"), (True, "reverification_missing")):
        with pytest.raises(Refusal) as refused:
            lift(compliance)
        assert said(refused) == code
    parties.set_identity(house.conn, ada.id, Verified(2), "clara", house.now)
    agreed = lift()
    assert agreed.lifted_at is None
    with pytest.raises(Conflict) as twice:
        lift()
    assert said(twice) == "lift_already_agreed"
    house.wait(hours=23, minutes=59)
    authorise(house)
    assert house.get(waiting.id).waiting_for == "freeze"  # it can be cancelled meanwhile
    with act(house.conn, ada.id, house.now) as tx:  # the one that is about to end does not count
        assert parties.freeze_own(tx, ada.id, "It was not me who called.").id != order.id


def test_an_agreed_end_comes_by_itself(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    order = parties.freeze(house.conn, ada.id, "My phone was stolen.", ada.id, house.now)
    house.wait(minutes=1)
    parties.set_identity(house.conn, ada.id, Verified(2), "clara", house.now)
    agreed = parties.lift(house.conn, order.id, "Seen on video", "clara", house.now, compliance=True)
    house.wait(hours=24)
    assert agreed.until == house.now
    assert house.confirm(ada, house.asked(ada, "5").id).status is Status.APPROVED


# --- no silent downgrade -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared(server_url: str, template: str) -> Iterator[Conn]:
    with database(server_url, template) as url, connect(url) as conn:
        yield conn


ACTS = "totp passkey link restrict delay lift enrol remove wait release authorise freeze"
STEPS = st.lists(st.sampled_from(ACTS.split()), max_size=10)


@given(steps=STEPS, begins=st.sets(st.sampled_from(["step_up", "passkey", "withdrawal_delay"])))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_goes_on_without_every_factor_used_for_its_payload(
    shared: Conn, tmp_path_factory: pytest.TempPathFactory, steps: list[str], begins: set[str]
) -> None:
    """Crypto.com 2022: whatever is ordered, found, added or removed meanwhile, and in whatever order."""
    known = shared.execute("SELECT count(*) FROM asset").fetchone() != (0,)
    house = House(shared) if known else furnish(shared)
    house.numbers = _numbers
    house.now = house.now.replace(year=2027 + next(_numbers) // 300)
    post, device = Post(house, tmp_path_factory.mktemp("mails")), Authenticator()
    _fresh_lists(house)
    ada = house.customer(USDT=100 * COIN)
    if "passkey" in begins:
        enrol(house, ada, device)
        house.wait(hours=25)
    orders = [restrict(house, ada, kind, "2" if "delay" in kind else None) for kind in sorted(begins - {"passkey"})]
    asked = house.asked(ada, "5")
    secrets: list[str] = []
    for step in steps:
        with suppress(Refusal):
            _step(house, ada, device, asked.id, step, orders, secrets)
        secrets += [token(m) for m in post.deliver() if m["Subject"].startswith("Confirm")]
        _check(house, asked.id)


_numbers = itertools.count()


def _fresh_lists(house: House) -> None:
    house.conn.execute("UPDATE screening_list SET imported_at = %s", (house.now,))


def _step(
    house: House, ada: Customer, device: Authenticator, id: str, step: str, orders: list[str], secrets: list[str]
) -> None:
    if step == "totp":
        house.confirm(ada, id)
    elif step == "passkey":
        sign(house, id, device)
    elif step == "link" and secrets:
        by_link(house, secrets[-1])
    elif step in ("restrict", "delay", "freeze"):
        kind = {"restrict": "step_up", "delay": "withdrawal_delay", "freeze": "freeze"}[step]
        orders.append(restrict(house, ada, kind, "2" if step == "delay" else None))
    elif step == "lift" and orders:
        parties.lift(house.conn, orders.pop(), "a test", "officer", house.now)
    elif step == "enrol":
        enrol(house, ada, Authenticator())
    elif step == "remove":
        parties.remove_factor(house.conn, ada.id, parties.factors(house.conn, ada.id)[-1].id, ada.id, house.now)
    elif step == "wait":
        house.wait(hours=3)
    elif step == "release":
        withdrawals.release(house.conn, id, house.setting, house.now)
    elif step == "authorise":
        authorise(house)


def _check(house: House, id: str) -> None:
    """From the journal alone: what was ever asked for, and what was used for which payload."""
    now = house.get(id)
    notes = [(n.kind, n.content) for n in journal.about(house.conn, id)]
    asked = [body["factors"] for _, body in notes if "factors" in body]
    used = [body["factor"] for kind, body in notes if kind == "factor.used" and body["payload"] == now.payload_hash]
    if now.status not in (FINAL | {Status.AWAITING_CONFIRMATION}):
        for factors_asked in asked:
            assert factors.met(factors_asked, used)
    if now.authorised_at is not None:
        (paid,) = [b["decision"] for kind, b in notes if kind == "withdrawal.authorised"]
        row = house.conn.execute("SELECT findings FROM decision WHERE id = %s", (paid,)).fetchone()
        assert row is not None
        if any(finding["outcome"] == Outcome.STEP_UP for finding in json.loads(row[0])):
            assert factors.met(["totp", "mail"], used) or "passkey" in used


def test_the_database_says_the_same_of_what_is_met(conn: Conn) -> None:
    names = ["totp", "passkey", "mail"]
    sets = [list(s) for s in chain.from_iterable(combinations(names, n) for n in range(4))]
    for required in sets:
        for used in sets:
            found = conn.execute(
                "SELECT cardinality(%s::text[]) > 0 AND factors_met(%s::text[], %s::text[])", (required, required, used)
            ).fetchone()
            assert found == (factors.met(required, used),), (required, used)
