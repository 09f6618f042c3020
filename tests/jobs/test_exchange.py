"""One exchange over real sockets: deadlines and bounds that hold, connections only where the guard allows."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest
from travel_kit import Answering, counterpart

from tidegate.base.network import may_be_called
from tidegate.integrations.exchange import Answered, Exchange, Guard, Unanswered


def post(url: str, timeout: float = 5, largest: int = 1000, **more: object) -> Answered:
    exchange = Exchange(timeout, largest, **more)  # type: ignore[arg-type]
    try:
        return exchange.post(url, b'{"x":1}', {"X-Mine": "yes"})
    finally:
        exchange.close()


@pytest.mark.parametrize("status", [200, 201, 204, 302, 410, 500])
def test_every_status_is_an_answer_and_none_is_followed(status: int) -> None:
    with counterpart(lambda _: Answering(status, b"", {"Location": "http://127.0.0.1:1/"})) as (url, heard):
        assert post(url + "/a?b=c").status == status
    assert [(h.path, h.raw, h.headers["x-mine"]) for h in heard] == [("/a?b=c", b'{"x":1}', "yes")]
    assert heard[0].headers["content-type"] == "application/json"
    assert heard[0].headers["user-agent"].startswith("Tidegate/")


def test_the_longest_answer_is_read_and_one_byte_more_is_not() -> None:
    with counterpart(lambda _: Answering(200, b"x" * 1000)) as (url, _):
        assert len(post(url).body) == 1000
        with pytest.raises(Unanswered, match="longer than 999 bytes"):
            post(url, largest=999)


def drip_head(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    drip(handler)


def drip_body(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
    drip(handler)


def drip(handler: BaseHTTPRequestHandler) -> None:
    for _ in range(100):
        time.sleep(0.05)
        handler.wfile.write(b"x")
        handler.wfile.flush()


@pytest.mark.parametrize("rude", [drip_head, drip_body])
def test_who_drips_is_given_up(rude: Callable[[BaseHTTPRequestHandler], None]) -> None:
    with counterpart(lambda _: Answering(rude=rude)) as (url, _), pytest.raises(Unanswered, match=r"within 0\.3 s"):
        post(url, timeout=0.3)


def test_who_drips_on_a_kept_connection_is_given_up_too() -> None:
    calls: list[int] = []

    def say(_: object) -> Answering:
        calls.append(1)
        return Answering(200, b"{}") if len(calls) == 1 else Answering(rude=drip_head)

    with counterpart(say, keep=True) as (url, _):
        exchange = Exchange(0.3, 1000, keep=True)
        assert exchange.post(url, b"{}", {}).status == 200
        with pytest.raises(Unanswered, match=r"within 0\.3 s"):
            exchange.post(url, b"{}", {})
        exchange.close()


def test_each_thread_has_its_own_deadline() -> None:
    """The deadline of one question ends no other one on the same exchange."""
    with counterpart(lambda _: Answering(200, b"{}"), keep=True) as (url, _):
        exchange = Exchange(0.2, 1000, keep=True)
        for _turn in range(5):
            time.sleep(0.1)
            assert exchange.post(url, b"{}", {}).status == 200
        exchange.close()


def test_nobody_there_and_names_that_do_not_exist() -> None:
    with pytest.raises(Unanswered, match="ConnectError"):
        post("http://127.0.0.1:1/")
    for guard in (None, may_be_called):
        with pytest.raises(Unanswered, match="cannot be resolved"):
            post("http://nowhere.invalid/", guard=guard)


@pytest.mark.parametrize("guard", [None, may_be_called])
def test_a_resolver_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, guard: Guard | None) -> None:
    answers = threading.Event()

    def hangs(*_: object, **__: object) -> list[object]:
        answers.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    try:
        with pytest.raises(Unanswered, match=r"within 0\.3 s"):
            post("http://slow-names.example/", timeout=0.3, guard=guard)
    finally:
        answers.set()


def test_the_next_address_of_a_name_is_tried_where_nobody_is_at_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def two_homes(host: str, *args: object, **more: object) -> list[tuple[object, ...]]:
        homes = ("127.0.0.9", "127.0.0.1") if host == "two-homes.example" else (host,)
        return [found for home in homes for found in real(home, *args, **more)]  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", two_homes)
    with counterpart(lambda _: Answering(200, b"{}")) as (url, heard):
        assert post(f"http://two-homes.example:{url.rpartition(':')[2]}/").status == 200
    assert len(heard) == 1


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1", "2130706433"]
)
def test_the_guard_lets_nobody_in_by_another_spelling(host: str) -> None:
    with counterpart(lambda _: Answering(200, b"{}")) as (url, heard):
        port = url.rpartition(":")[2]
        with pytest.raises(Unanswered, match=r"no public address|cannot be resolved"):
            post(f"http://{host}:{port}/", guard=may_be_called)
    assert heard == []


def test_the_address_that_was_judged_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is public when it is looked at and private when it is used: it is looked up once."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, port: int, *args: object, **more: object) -> list[tuple[object, ...]]:
        if host != "rebind.example":
            return real(host, port, *args, **more)  # type: ignore[arg-type, return-value]
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with counterpart(lambda _: Answering(200, b"{}")) as (url, heard):
        port = url.rpartition(":")[2]
        answer = post(f"http://rebind.example:{port}/", guard=lambda address: address == "127.0.0.1")
    assert answer.status == 200
    assert asked == ["rebind.example"]
    assert heard[0].headers["host"] == f"rebind.example:{port}"


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 80)) for a in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(Unanswered, match=r"at 10\.0\.0\.1, which is no public address"):
        post("http://two-faced.example/", guard=may_be_called)
