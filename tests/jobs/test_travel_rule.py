"""Travel-rule messages to a real counterparty on loopback: signed, sent again with one id, answered once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from house import House, furnish
from travel_kit import US, VASPS, WHOLE, Answering, Heard, counterpart, said, under_law

from tidegate.base.outside import Message, Refused, Reply, Silent, TravelRule
from tidegate.db import Conn
from tidegate.integrations.travel_rule import HttpTravelRule
from tidegate.screening import ivms101
from tidegate.settings import (
    CounterpartySettings,
    Settings,
    SettingsFault,
    TravelRuleSettings,
    VendorSettings,
    load,
    save,
)
from tidegate.withdrawals import jobs
from tidegate.withdrawals.jobs import Directory
from tidegate.withdrawals.withdrawal import Status
from tidegate.worker import outside_of

COIN = 10**6
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LETTER = Message("trm_1", "bob", '{"id":"trm_1","name":"李"}')


def reply(status: str, **more: Any) -> Callable[[Heard], Answering]:
    return lambda heard: said(**{"id": heard.body["id"], "status": status, **more})


def send(url: str, message: Message = LETTER) -> Reply:
    travel: TravelRule = HttpTravelRule({"bob": url}, KEY, 2)
    return travel.send(message)


def test_a_message_goes_out_signed_and_with_its_id() -> None:
    with counterpart(reply("accepted", reason="fine\n")) as (url, heard):
        assert send(url) == Reply("accepted", "fine ")
    (got,) = heard
    assert got.raw == LETTER.body.encode()
    assert got.headers["idempotency-key"] == "trm_1"
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(got.headers["tidegate-key"]))
    signature = bytes.fromhex(got.headers["tidegate-signature"])
    public.verify(signature, got.raw)
    with pytest.raises(InvalidSignature):
        public.verify(signature, got.raw + b" ")


@pytest.mark.parametrize(
    "lie",
    [
        reply("maybe"),
        reply("accepted", id="trm_2"),
        reply("accepted", reason=5),
        lambda _: said(status="accepted"),
        lambda _: Answering(200, b"accepted"),
        lambda _: Answering(200, b" " * 10 * 1024 * 1024),
        lambda _: Answering(307, b"", {"Location": "http://127.0.0.1:1/"}),
        lambda _: Answering(503, b""),
        lambda _: Answering(429, b""),
    ],
)
def test_a_lost_or_false_reply_is_silence(lie: Callable[[Heard], Answering]) -> None:
    with counterpart(lie) as (url, heard), pytest.raises(Silent):
        send(url)
    assert len(heard) == 1


def test_a_clear_no_is_a_refusal() -> None:
    with counterpart(lambda _: Answering(422, b"")) as (url, _), pytest.raises(Refused):
        send(url)
    with pytest.raises(Refused):
        HttpTravelRule({}, KEY).send(LETTER)


# --- from request to outcome -------------------------------------------------------------------------------------


@pytest.fixture
def house(conn: Conn) -> House:
    return under_law(furnish(conn))


def screened(house: House) -> str:
    ada = house.customer(USDT=500 * COIN)
    return house.confirm(ada, house.asked(ada, "100", stated=WHOLE).id).id  # type: ignore[arg-type]


def work(house: House, url: str) -> int:
    travel = HttpTravelRule({"bob": url}, KEY, 2)
    return jobs.exchange_travel_rule(house.conn, travel, Directory(US, VASPS), lambda: house.setting, house.clock)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (reply("accepted"), Status.APPROVED),
        (reply("rejected", reason="no such customer"), Status.DECLINED),
        (reply("pending"), Status.SCREENING),
        (lambda _: Answering(400, b""), Status.IN_REVIEW),
        (lambda _: Answering(500, b""), Status.SCREENING),
    ],
)
def test_what_the_counterparty_says_is_what_happens(
    house: House, answer: Callable[[Heard], Answering], status: Status
) -> None:
    id = screened(house)
    with counterpart(answer) as (url, heard):
        assert work(house, url) == 1
    assert house.get(id).status is status
    assert not ivms101.faults(heard[0].body["ivms101"])
    assert ivms101.read(heard[0].body["ivms101"]).beneficiaries[0].names[0].primary == "Clark"


def test_one_that_the_policy_cannot_judge_keeps_nobody_elses_answer(house: House) -> None:
    people = [house.customer(level=level, USDT=500 * COIN) for level in (3, 2, 3)]
    ids = [house.confirm(who, house.asked(who, "100", stated=WHOLE).id).id for who in people]  # type: ignore[arg-type]
    setting = house.setting
    limits = {level: limit for level, limit in setting.policy.limits_24h.items() if level != 2}
    silent = replace(setting, policy=replace(setting.policy, limits_24h=limits))
    with counterpart(reply("accepted")) as (url, _):
        travel = HttpTravelRule({"bob": url}, KEY, 2)
        done = jobs.exchange_travel_rule(house.conn, travel, Directory(US, VASPS), lambda: silent, house.clock)
    assert done == 3
    assert [house.get(id).status for id in ids] == [Status.APPROVED, Status.SCREENING, Status.APPROVED]
    assert house.get(ids[1]).waiting_for == "person"


class Book:
    """A counterparty that takes each message once, however often it is sent, and loses its first replies."""

    def __init__(self, losing: int) -> None:
        self.losing, self.taken = losing, dict[str, bytes]()

    def __call__(self, heard: Heard) -> Answering:
        id = heard.headers["idempotency-key"]
        assert self.taken.setdefault(id, heard.raw) == heard.raw, "one id, two messages"
        self.losing -= 1
        return Answering(rude=lambda h: h.connection.close()) if self.losing >= 0 else reply("accepted")(heard)


def test_after_lost_replies_the_same_message_is_taken_once(house: House) -> None:
    id = screened(house)
    book = Book(losing=2)
    with counterpart(book) as (url, heard):
        assert work(house, url) == 1
        assert work(house, url) == 0, "not before its time"
        house.wait(seconds=60)
        assert work(house, url) == 1
        house.wait(seconds=120)
        assert work(house, url) == 1
        house.wait(hours=1)
        assert work(house, url) == 0
    assert (len(heard), len(book.taken)) == (3, 1)
    assert house.get(id).status is Status.APPROVED


def test_one_silent_counterparty_does_not_stop_another(house: House) -> None:
    first, second = screened(house), screened(house)

    def one_hangs_up(heard: Heard) -> Answering:
        mine = heard.body["ivms101"]["originator"]["accountNumber"] == [house.get(first).party_id]
        return Answering(500, b"") if mine else reply("accepted")(heard)

    with counterpart(one_hangs_up) as (url, _):
        assert work(house, url) == 2
    assert (house.get(first).status, house.get(second).status) == (Status.SCREENING, Status.APPROVED)


# --- settings ----------------------------------------------------------------------------------------------------


def settings(tmp_path: Path, **more: Any) -> Settings:
    (tmp_path / "key").write_text("11" * 32)
    (tmp_path / "word").write_text("secret\n")
    key = tmp_path / "key"
    return Settings("postgresql://u@h/d", {}, tmp_path / "s", key, key, **more)


def test_whom_we_ask_comes_from_the_settings_alone(tmp_path: Path) -> None:
    bob = CounterpartySettings("Bob VASP", "AT", "https://bob.example/travel", bytes(range(32)))
    asked = settings(
        tmp_path,
        platform="Bay",
        vendors={
            "vendor_a": VendorSettings("https://a.example/judge", tmp_path / "word"),
            "vendor_b": VendorSettings("http://127.0.0.1:9/judge"),
        },
        travel_rule=TravelRuleSettings("Bay Ltd", "DE", "506700T7Z685VUOZL877", tmp_path / "key", {"bob": bob}),
    )
    save(asked, tmp_path / "file")
    assert load(tmp_path / "file") == asked
    made = outside_of(asked)
    assert set(made.vendors) == {"destination_code", "vendor_a", "vendor_b"}
    assert made.travel_rule is not None
    assert set(made.travel_rule[1].vasps) == {"bob"}
    assert asked.counterparty_keys() == {"bob": bytes(range(32))}


@pytest.mark.parametrize("key", ["", "00", "zz" * 32, "00" * 33])
def test_a_key_that_is_none_opens_nothing(tmp_path: Path, key: str) -> None:
    bob = CounterpartySettings("Bob VASP", "AT", "https://bob.example/travel", bytes(32))
    save(
        settings(tmp_path, travel_rule=TravelRuleSettings("Bay", "DE", None, tmp_path / "key", {"bob": bob})),
        tmp_path / "f",
    )
    text = (tmp_path / "f").read_text()
    (tmp_path / "f").write_text(text.replace("00" * 32, key))
    with pytest.raises(SettingsFault):
        load(tmp_path / "f")


def test_settings_without_them_stay_as_they_were(tmp_path: Path) -> None:
    save(settings(tmp_path), tmp_path / "file")
    assert set(json.loads((tmp_path / "file").read_text())) == {
        "database_url",
        "networks",
        "signer_socket",
        "data_key_file",
        "authoriser_key_file",
        "mail",
        "public_url",
        "passkeys",
    }
    assert outside_of(load(tmp_path / "file")).travel_rule is None


@pytest.mark.parametrize("url", ["http://bob.example", "ftp://bob.example", "bob", "http://127.0.0.1.example"])
def test_names_do_not_travel_in_the_clear(tmp_path: Path, url: str) -> None:
    save(settings(tmp_path, vendors={"v": VendorSettings(url)}), tmp_path / "file")
    with pytest.raises(SettingsFault):
        load(tmp_path / "file")
