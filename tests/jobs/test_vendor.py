"""Outside vendors over real HTTP on loopback: what they are told, and that no misbehaviour counts as an "allow"."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from house import House, furnish
from travel_kit import Answering, Heard, counterpart, said

from tidegate.base.findings import Outcome
from tidegate.base.outside import Opinion, Silent
from tidegate.cases import flow as cases
from tidegate.db import Conn, connect
from tidegate.integrations.posting import LARGEST_ANSWER, TIMEOUT
from tidegate.integrations.vendor import HttpVendor
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import jobs, store
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6
QUICK = 0.5


def test_a_vendor_has_ten_seconds() -> None:
    assert TIMEOUT == 10


def opinion(**more: Any) -> Callable[[Heard], Answering]:
    return lambda heard: said(**{"id": heard.body["id"], "outcome": "allow", "detail": "seen", **more})


def ask(url: str, timeout: float = 5) -> Opinion:
    return HttpVendor(url, "secret", timeout).ask("ask_1", '{"id":"ask_1"}')


@pytest.mark.parametrize("outcome", ["allow", "step_up", "review", "decline"])
def test_an_opinion_is_taken(outcome: str) -> None:
    with counterpart(opinion(outcome=outcome, detail="a\nb" + "x" * 600)) as (url, heard):
        got = ask(url + "/judge?x=1")
    assert got == Opinion(Outcome(outcome), ("a b" + "x" * 600)[:500])
    assert heard[0].path == "/judge?x=1"
    assert heard[0].headers["idempotency-key"] == "ask_1"
    assert heard[0].headers["authorization"] == "Bearer secret"
    assert heard[0].raw == b'{"id":"ask_1"}'


def test_a_delay_says_until_when() -> None:
    with counterpart(opinion(outcome="delay", until="2026-11-25T12:00:00+01:00")) as (url, _):
        got = ask(url)
    assert got.ends_at is not None
    assert got.ends_at.isoformat() == "2026-11-25T11:00:00+00:00"


def trickle(handler: BaseHTTPRequestHandler) -> None:
    """A head that never ends, a byte now and then."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        time.sleep(0.1)
        handler.wfile.write(b"X")
        handler.wfile.flush()


def trickled_body(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        time.sleep(0.1)
        handler.wfile.write(b" ")
        handler.wfile.flush()


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


LIES: list[tuple[str, Callable[[Heard], Answering]]] = [
    ("an unknown outcome", opinion(outcome="maybe")),
    ("a freeze, which is not theirs", opinion(outcome="freeze")),
    ("no outcome", lambda heard: said(id=heard.body["id"])),
    ("another id", opinion(id="ask_2")),
    ("no id", lambda _: said(outcome="allow")),
    ("a delay without end", opinion(outcome="delay")),
    ("an end without zone", opinion(outcome="delay", until="2026-11-25T12:00:00")),
    ("an end of an allow", opinion(until="2026-11-25T12:00:00Z")),
    ("an end that is none", opinion(outcome="delay", until="soon")),
    ("a detail that is no text", opinion(detail={"x": 1})),
    ("a list", lambda _: Answering(200, b"[]")),
    ("null", lambda _: Answering(200, b"null")),
    ("no JSON", lambda _: Answering(200, b"<html>allow</html>")),
    ("deep JSON", lambda _: Answering(200, b"[" * 60_000)),
    ("not UTF-8", lambda _: Answering(200, b"\xff\xfe")),
    ("nothing", lambda _: Answering(200, b"")),
    ("ten megabytes", lambda _: Answering(200, b" " * 10 * 1024 * 1024)),
    ("a redirect", lambda _: Answering(302, b"", {"Location": "http://127.0.0.1:1/"})),
    ("an error", lambda _: Answering(500, b'{"id":"ask_1","outcome":"allow"}')),
    ("a refusal", lambda _: Answering(403, b'{"id":"ask_1","outcome":"allow"}')),
    ("a created", lambda _: Answering(201, b'{"id":"ask_1","outcome":"allow"}')),
    ("a hang-up", lambda _: Answering(rude=hang_up)),
    ("a short body", lambda _: Answering(200, b"{}", {"Content-Length": "50"})),
]


@pytest.mark.parametrize("lie", [lie for _, lie in LIES], ids=[name for name, _ in LIES])
def test_what_is_no_answer_is_silence(lie: Callable[[Heard], Answering]) -> None:
    with counterpart(lie) as (url, heard), pytest.raises(Silent):
        ask(url)
    assert len(heard) == 1, "it is asked once and not led elsewhere"


@pytest.mark.parametrize("rude", [trickle, trickled_body])
def test_a_server_that_drips_does_not_keep_us(rude: Callable[[BaseHTTPRequestHandler], None]) -> None:
    with counterpart(lambda _: Answering(rude=rude)) as (url, _), pytest.raises(Silent, match=r"within 0\.5 s"):
        ask(url, QUICK)


def test_nobody_there_is_silence() -> None:
    with pytest.raises(Silent):
        ask("http://127.0.0.1:1")


def test_the_largest_answer_is_read() -> None:
    def padded(extra: int) -> Callable[[Heard], Answering]:
        body = json.dumps({"id": "ask_1", "outcome": "allow"}).encode()
        return lambda _: Answering(200, body + b" " * (LARGEST_ANSWER - len(body) + extra))

    with counterpart(padded(0)) as (url, _):
        assert ask(url).outcome is Outcome.ALLOW
    with counterpart(padded(1)) as (url, _), pytest.raises(Silent):
        ask(url)


# --- from request to outcome -------------------------------------------------------------------------------------


@pytest.fixture
def house(conn: Conn) -> House:
    furnished = furnish(conn)
    furnished.agree(
        outside_checks=[{"check": "vendor_a", "from_value": "0"}],
        deciding={"outside_seconds": 60, "reserved_minutes": 15},
    )
    return furnished


def asked(house: House) -> str:
    return house.asked(house.customer(USDT=100 * COIN), "5").id


def work(house: House, url: str, conn: Conn | None = None) -> int:
    vendors = {"vendor_a": HttpVendor(url, timeout=QUICK * 4)}
    return jobs.ask_vendors(conn or house.conn, vendors, lambda: house.setting, house.clock)


def state(house: House, id: str) -> tuple[str, str | None]:
    (question,) = store.outside_of(house.conn, id)
    return question.state, question.outcome


def test_a_vendor_is_told_what_it_needs_and_asked_once(house: House) -> None:
    id = asked(house)
    with counterpart(opinion(outcome="allow")) as (url, heard):
        assert work(house, url) == 1
        assert work(house, url) == 0
    assert state(house, id) == ("answered", "allow")
    (told,) = heard
    assert told.body["id"] == told.headers["idempotency-key"]
    assert told.body["check"] == "vendor_a"
    assert told.body["withdrawal"]["id"] == id
    assert told.body["withdrawal"]["value_usd"] == "5"
    assert not {"name", "email", "available_units", "limits"} & set(told.body["withdrawal"])


def confirmed(house: House) -> str:
    ada = house.customer(USDT=100 * COIN)
    return house.confirm(ada, house.asked(ada, "5").id).id


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (opinion(outcome="allow"), Status.APPROVED),
        (opinion(outcome="step_up"), Status.AWAITING_CONFIRMATION),
        (opinion(outcome="review"), Status.IN_REVIEW),
        (opinion(outcome="decline"), Status.DECLINED),
        (opinion(outcome="delay", until="2026-11-25T13:00:00Z"), Status.DELAYED),
        (opinion(outcome="delay", until="2026-11-25T11:00:00Z"), Status.IN_REVIEW),
        (opinion(outcome="delay", until="9999-12-31T00:00:00Z"), Status.IN_REVIEW),
        (opinion(outcome="maybe"), Status.IN_REVIEW),
        (opinion(id="ask_of_another"), Status.IN_REVIEW),
        (lambda _: Answering(200, b" " * 10 * 1024 * 1024), Status.IN_REVIEW),
        (lambda _: Answering(302, b"", {"Location": "http://127.0.0.1:1/"}), Status.IN_REVIEW),
        (lambda _: Answering(200, b"allow"), Status.IN_REVIEW),
        (lambda _: Answering(rude=trickle), Status.IN_REVIEW),
    ],
)
def test_what_it_says_is_what_happens(house: House, answer: Callable[[Heard], Answering], status: Status) -> None:
    id = confirmed(house)
    with counterpart(answer) as (url, _):
        work(house, url)
    assert house.get(id).status is status
    if status is Status.IN_REVIEW and state(house, id)[0] == "error":
        assert cases.about(house.conn, id)[0].reasons == ["check_failed"]


def test_a_vendors_delay_ends_by_itself(house: House) -> None:
    id = confirmed(house)
    with counterpart(opinion(outcome="delay", until="2026-11-25T13:00:00Z")) as (url, _):
        work(house, url)
    house.wait(hours=1)
    jobs.release_due(house.conn, lambda: house.setting, house.clock)
    assert house.get(id).status is Status.APPROVED


def test_one_that_the_policy_cannot_judge_keeps_nobody_elses_answer(house: House) -> None:
    """What was answered about the others would be asked again, and again lost, until a person has to look at all."""
    people = [house.customer(USDT=100 * COIN, level=level) for level in (1, 2, 1)]
    ids = [house.asked(who, "5").id for who in people]
    for who, id in zip(people, ids, strict=True):
        house.confirm(who, id)
        house.wait(seconds=-30)
    setting = house.setting
    limits = {level: limit for level, limit in setting.policy.limits_24h.items() if level != 2}
    silent = replace(setting, policy=replace(setting.policy, limits_24h=limits))
    assert jobs.ask_vendors(house.conn, {"vendor_a": Allowing()}, lambda: silent, house.clock) == 3
    assert [house.get(id).status for id in ids] == [Status.APPROVED, Status.SCREENING, Status.APPROVED]
    assert house.get(ids[1]).waiting_for == "person"


class Allowing:
    def ask(self, id: str, question: str) -> Opinion:
        return Opinion(Outcome.ALLOW, "")


def test_two_workers_ask_one_question_once(house: House, database_url: str) -> None:
    ids = {asked(house) for _ in range(3)}
    together = threading.Barrier(3, timeout=5)

    def run(url: str) -> int:
        with connect(database_url) as conn:
            together.wait()
            setting = withdrawals.setting(conn, house.now)
            return jobs.ask_vendors(conn, {"vendor_a": HttpVendor(url)}, lambda: setting, house.clock)

    with counterpart(opinion()) as (url, heard), ThreadPoolExecutor(3) as pool:
        counts = list(pool.map(run, [url] * 3))
    assert sum(counts) == 3
    assert sorted(h.body["withdrawal"]["id"] for h in heard) == sorted(ids)
    assert {state(house, id) for id in ids} == {("answered", "allow")}


def test_a_worker_that_died_leaves_its_question_with_its_id(house: House) -> None:
    id = asked(house)
    taken = withdrawals.take_vendor_asks(house.conn, ["vendor_a"], ["ask_first"], house.now, house.now + jobs.ASK_AGAIN)
    assert [(a.ref, a.id) for a, _ in taken] == [(id, "ask_first")]
    with counterpart(opinion()) as (url, heard):
        house.wait(seconds=29)
        assert work(house, url) == 0
        house.wait(seconds=1)
        assert work(house, url) == 1
    assert heard[0].body["id"] == "ask_first"
    assert heard[0].raw.decode() == taken[0][1], "the same question to the letter"


def test_it_answers_twice_and_the_first_counts(house: House) -> None:
    id = confirmed(house)
    setting = house.setting
    assert withdrawals.vendor_answered(house.conn, id, "vendor_a", Opinion(Outcome.REVIEW, ""), setting, house.now)
    assert not withdrawals.vendor_answered(house.conn, id, "vendor_a", Opinion(Outcome.ALLOW, ""), setting, house.now)
    assert (house.get(id).status, state(house, id)) == (Status.IN_REVIEW, ("answered", "review"))


def test_an_answer_after_the_end_is_noted_and_changes_nothing(house: House) -> None:
    id = confirmed(house)
    house.wait(seconds=60)
    with counterpart(opinion()) as (url, heard):
        assert work(house, url) == 0
    assert heard == []
    jobs.outside_due(house.conn, lambda: house.setting, house.clock)
    assert (house.get(id).status, state(house, id)) == (Status.IN_REVIEW, ("timeout", None))
