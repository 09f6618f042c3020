"""The short way in and the ordinary way give the same answers; a key that was revoked opens neither."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2 as httpx
import pytest
from house import COIN_USDT as COIN
from house import LISTED, RECEIVER, furnish
from serving import Site, served

from tidegate.api.callers import Callers
from tidegate.base.refusals import Unauthorised
from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.parties.access import Identity

SHORT = {"Content-Type": "application/json"}
ORDINARY = {"Content-Type": "application/json; charset=utf-8"}
"""The same media type, said at greater length than the short way reads."""


@pytest.fixture
def site(conn: Conn, database_url: str) -> Iterator[Site]:
    with served(furnish(conn), database_url) as site:
        yield site


def body(who: str, /, **change: Any) -> dict[str, Any]:
    said = {"customer": who, "asset": "USDT", "network": "evm-local", "address": RECEIVER, "amount": "5", **change}
    return {key: value for key, value in said.items() if value is not ...}


def send(site: Site, raw: bytes | str, headers: dict[str, str], role: str | None = "integrator") -> httpx.Response:
    return site.call("POST", "/v1/withdrawals", role=role, content=raw, headers=headers)


def heard(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    return answer.status_code, answer.content, {k: v for k, v in answer.headers.items() if k != "date"}


REFUSED: list[tuple[dict[str, Any], dict[str, str], str | None, int]] = [
    ({"amount": 5}, {}, "integrator", 422),
    ({"amount": ...}, {}, "integrator", 422),
    ({"amount": "0"}, {}, "integrator", 422),
    ({"surprise": 1, "memo": 2}, {}, "integrator", 422),
    ({"address": RECEIVER[:-1]}, {}, "integrator", 422),
    ({"customer": "cus_nobody"}, {}, "integrator", 404),
    ({"customer": "a\0"}, {}, "integrator", 400),
    ({}, {"Idempotency-Key": "with space"}, "integrator", 422),
    ({}, {"Idempotency-Key": "k" * 256}, "integrator", 422),
    ({}, {"Content-Encoding": "gzip"}, "integrator", 415),
    ({}, {}, None, 401),
    ({}, {"Authorization": "Basic abc"}, None, 401),
    ({}, {"Authorization": "Bearer nobody"}, None, 401),
    ({"amount": 5}, {"Authorization": "Bearer nobody"}, None, 401),
    ({}, {}, "analyst", 403),
    ({"amount": 5}, {}, "analyst", 403),
]


@pytest.mark.parametrize(("change", "headers", "role", "status"), REFUSED, ids=str)
def test_a_no_sounds_the_same_on_both_ways(
    site: Site, change: dict[str, Any], headers: dict[str, str], role: str | None, status: int
) -> None:
    ada = site.house.customer(USDT=100 * COIN)
    raw = json.dumps(body(ada.id, **change))
    short = send(site, raw, {**SHORT, **headers}, role)
    assert short.status_code == status
    assert heard(short) == heard(send(site, raw, {**ORDINARY, **headers}, role))


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b'{"amount":"1","amount":"2"}', b'{"a":"\xff"}', b"[" * 10_000, b" " * (64 * 1024 + 1)],
    ids=lambda raw: repr(raw[:20]),
)
def test_bytes_that_are_no_order_are_refused_alike(site: Site, raw: bytes) -> None:
    short = send(site, raw, SHORT)
    assert short.status_code in (400, 413, 422)
    assert heard(short) == heard(send(site, raw, ORDINARY))


def test_a_body_in_parts_is_counted_on_both_ways(site: Site) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * 8_000

    answers = [site.call("POST", "/v1/withdrawals", content=parts(), headers=way) for way in (SHORT, ORDINARY)]
    assert [answer.status_code for answer in answers] == [413, 413]


def test_a_policy_no_is_the_same_answer_with_a_decision_of_its_own(site: Site) -> None:
    ada = site.house.customer(USDT=100 * COIN)
    said = [send(site, json.dumps(body(ada.id, address=LISTED)), way).json() for way in (SHORT, ORDINARY)]
    assert [one["status"] for one in said] == ["declined", "declined"]
    assert said[0]["decision"]["findings"] == said[1]["decision"]["findings"]
    assert said[0]["id"] != said[1]["id"]


@pytest.mark.parametrize("ways", [(SHORT, ORDINARY), (ORDINARY, SHORT)], ids=("short first", "ordinary first"))
def test_a_key_knows_its_first_answer_whichever_way_it_comes_back(
    site: Site, ways: tuple[dict[str, str], dict[str, str]]
) -> None:
    ada = site.house.customer(USDT=100 * COIN)
    raw = json.dumps(body(ada.id))
    spaced = json.dumps(body(ada.id), indent=2)
    first, again = (
        send(site, text, {**way, "Idempotency-Key": "k"}) for text, way in zip((raw, spaced), ways, strict=True)
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    other = send(site, json.dumps(body(ada.id, amount="6")), {**ways[1], "Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_every_answer_of_the_short_way_is_counted_and_kept_out_of_caches(site: Site) -> None:
    ada = site.house.customer(USDT=100 * COIN)
    good, bad = (send(site, json.dumps(body(who)), SHORT) for who in (ada.id, "cus_nobody"))
    for answer in (good, bad):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
    seen = site.call("GET", "/metrics", role=None).text
    for status in (201, 404):
        assert f'tidegate_http_requests_total{{route="/v1/withdrawals",status="{status}"}} 1.0' in seen


def test_a_revoked_key_is_refused_from_the_next_request_on(site: Site) -> None:
    house = site.house
    ada = house.customer(USDT=100 * COIN)
    for way in (SHORT, ORDINARY):
        made = parties.create_key(house.conn, "integrator", "lost laptop", "test", house.now)
        headers = {**way, "Authorization": f"Bearer {made.secret}"}
        assert send(site, json.dumps(body(ada.id)), headers, None).status_code == 201
        parties.revoke_key(house.conn, made.id, "admin", house.now)
        answer = send(site, json.dumps(body(ada.id)), headers, None)
        assert (answer.status_code, answer.json()["code"]) == (401, "key_revoked")


def test_nothing_that_was_sent_after_a_revocation_gets_in_under_load(site: Site) -> None:
    house = site.house
    ada = house.customer(USDT=10_000 * COIN)
    made = parties.create_key(house.conn, "integrator", "lost laptop", "test", house.now)
    headers = {**SHORT, "Authorization": f"Bearer {made.secret}"}
    raw = json.dumps(body(ada.id))
    revoked = threading.Event()

    def caller() -> tuple[list[int], list[int]]:
        before: list[int] = []
        after: list[int] = []
        with httpx.Client(base_url=site.url, timeout=20, trust_env=False) as http:
            while len(after) < 3:
                gone = revoked.is_set()
                status = http.post("/v1/withdrawals", content=raw, headers=headers).status_code
                (after if gone else before).append(status)
        return before, after

    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(caller) for _ in range(8)]
        while house.used(ada) < 10 * 5_000_000:
            time.sleep(0.01)
        parties.revoke_key(house.conn, made.id, "admin", house.now)
        revoked.set()
        seen = [one.result() for one in running]
    assert {status for before, _ in seen for status in before} <= {201, 401}
    assert {status for _, after in seen for status in after} == {401}


def test_many_keys_at_once_are_each_their_own(site: Site) -> None:
    people = [site.house.customer(USDT=100 * COIN) for _ in range(12)]
    secrets = [site.key_of(who) for who in people]

    def ask(n: int) -> tuple[int, int, int]:
        own = {**SHORT, "Authorization": f"Bearer {secrets[n]}"}
        wrong = {**SHORT, "Authorization": f"Bearer {secrets[n]}x"}
        other = people[(n + 1) % len(people)]
        return (
            send(site, json.dumps(body(people[n].id)), own, None).status_code,
            send(site, json.dumps(body(other.id)), own, None).status_code,
            send(site, json.dumps(body(people[n].id)), wrong, None).status_code,
        )

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(ask, range(12))) == {(201, 404, 401)}


# --- the look-ups themselves -------------------------------------------------------------------------------------


def _identity(name: str) -> Identity:
    return Identity(name, "integrator", frozenset(), None, name)


def test_nobody_is_answered_by_a_look_up_that_began_before_they_came() -> None:
    asked: list[list[str]] = []

    async def play() -> list[str]:
        first_runs, may_end = asyncio.Event(), asyncio.Event()

        async def look(batch: Sequence[tuple[str, str | None]]) -> list[Identity | Unauthorised]:
            asked.append([secret for secret, _ in batch])
            first_runs.set()
            await may_end.wait()
            return [_identity(secret) for secret, _ in batch]

        callers = Callers(look)
        first = asyncio.create_task(callers.who("a", None))
        await first_runs.wait()
        rest = [asyncio.create_task(callers.who(secret, None)) for secret in ("a", "b", "c")]
        await asyncio.sleep(0)
        may_end.set()
        return [found.key_id for found in await asyncio.gather(first, *rest)]

    assert asyncio.run(play()) == ["a", "a", "b", "c"]
    assert asked == [["a"], ["a", "b", "c"]]


def test_a_look_up_that_fails_lets_nobody_in_and_the_next_one_is_made_anew() -> None:
    async def play() -> list[str]:
        fails = [True, False]

        async def look(batch: Sequence[tuple[str, str | None]]) -> list[Identity | Unauthorised]:
            if fails.pop(0):
                raise ConnectionError("away")
            return [_identity(secret) for secret, _ in batch]

        callers = Callers(look)
        both = await asyncio.gather(callers.who("a", None), callers.who("b", None), return_exceptions=True)
        assert [type(one) for one in both] == [ConnectionError, ConnectionError]
        return [(await callers.who("c", None)).key_id]

    assert asyncio.run(play()) == ["c"]


def test_a_client_that_went_away_keeps_nobody_else_waiting() -> None:
    async def play() -> str:
        async def look(batch: Sequence[tuple[str, str | None]]) -> list[Identity | Unauthorised]:
            await asyncio.sleep(0)
            return [_identity(secret) for secret, _ in batch]

        callers = Callers(look)
        gone = asyncio.create_task(callers.who("a", None))
        stays = asyncio.create_task(callers.who("b", None))
        await asyncio.sleep(0)
        gone.cancel()
        return (await stays).key_id

    assert asyncio.run(play()) == "b"
