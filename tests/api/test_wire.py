"""What a stranger can do to the server with bytes alone: heads without end, requests that never end, two keys."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Iterator
from typing import cast
from urllib.parse import urlsplit

import pytest
import structlog
from house import RECEIVER, furnish
from serving import Site, served
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from tidegate.__main__ import main
from tidegate.api.app import Around
from tidegate.api.metrics import Metrics
from tidegate.api.wire import PatientProtocol
from tidegate.db import Conn


@pytest.fixture
def site(conn: Conn, database_url: str) -> Iterator[Site]:
    with served(furnish(conn), database_url) as site:
        yield site


def line(site: Site) -> socket.socket:
    place = urlsplit(site.url)
    return socket.create_connection((place.hostname, place.port or 0), timeout=20)


def said(line: socket.socket) -> bytes:
    """What still comes before the server ends the connection."""
    came = b""
    try:
        while part := line.recv(65536):
            came += part
    except ConnectionResetError:
        pass
    return came


def taken(line: socket.socket, piece: bytes) -> int:
    """How many bytes went out before the server ended the connection; 50 MB where it never did."""
    sent = 0
    while sent < 50_000_000:
        try:
            line.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            break
        sent += len(piece)
    return sent


@pytest.mark.parametrize("piece", [b"X-A: " + b"a" * 8000 + b"\r\n", b"a" * 8000, b"\r\n" * 4000])
def test_a_head_without_end_is_cut(site: Site, piece: bytes) -> None:
    with line(site) as open_:
        if piece.startswith(b"X"):
            open_.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n")
        elif piece.startswith(b"a"):
            open_.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ")
        assert taken(open_, piece) < 50_000_000
    assert site.http.get("/health").status_code == 200


def test_a_large_head_that_ends_is_read(site: Site) -> None:
    assert site.http.get("/health", headers={"X-Large": "a" * 30_000}).status_code == 200


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /health HTTP/1.1\r\nHost: x\r\n",
        b"POST /v1/withdrawals HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
        b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
        b"POST /console/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 100\r\n\r\nkey=",
    ],
)
def test_a_request_that_never_ends_is_cut_and_is_no_bug(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], begun: bytes
) -> None:
    monkeypatch.setattr(PatientProtocol, "seconds_to_come_in", 0.3)
    with line(site) as open_:
        open_.sendall(begun.replace(b"%s", site.keys["integrator"].encode()))
        assert said(open_) == b""
    assert site.http.get("/health").status_code == 200
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err


def test_many_requests_on_one_line_are_all_answered(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientProtocol, "most_head_bytes", 4000)
    with line(site) as open_:
        open_.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 400)
        open_.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert said(open_).count(b'"status":"ok"') == 401


@pytest.mark.parametrize("path", ["/health", "/ready", "/v1/status", "/metrics", "/openapi.json", "/console/sign-in"])
def test_head_is_get_without_the_body(site: Site, path: str) -> None:
    got, headed = site.http.get(path), site.http.head(path)
    assert headed.status_code == got.status_code
    assert headed.headers["content-type"] == got.headers["content-type"]
    assert headed.content == b""


def test_head_needs_the_key_that_get_needs(site: Site) -> None:
    assert site.call("HEAD", "/v1/withdrawals", role=None).status_code == 401
    assert site.call("HEAD", "/v1/withdrawals").status_code == 200


def test_two_keys_of_one_request_are_refused(site: Site) -> None:
    body = {"external_id": "x", "country": "DE", "name": "x", "email": "x@example.com"}
    twice = [
        ("Authorization", f"Bearer {site.keys['integrator']}"),
        ("Idempotency-Key", "one"),
        ("Idempotency-Key", "two"),
    ]
    answer = site.http.post("/v1/customers", json=body, headers=twice)
    assert (answer.status_code, answer.json()["code"]) == (422, "parameter_twice")
    assert site.call("GET", "/v1/customers").json()["customers"] == []


def test_a_compressed_body_is_refused(site: Site) -> None:
    body = {"external_id": "x", "country": "DE", "name": "x", "email": "x@example.com"}
    answer = site.call("POST", "/v1/customers", body, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (415, "media_type_wrong")
    assert "Content-Encoding" in answer.json()["detail"]


def test_nothing_redirects_to_a_host_that_the_caller_names(site: Site) -> None:
    evil = {"Host": "evil.example"}
    answer = site.call("GET", "/v1/withdrawals/", headers=evil)
    assert (answer.status_code, answer.json()["code"]) == (404, "route_unknown")
    assert site.http.get("/console", headers=evil).headers["location"] == "/console/"


def test_a_filter_that_is_misspelt_is_refused(site: Site) -> None:
    answer = site.call("GET", "/v1/cases?status=opened", role="analyst")
    assert (answer.status_code, answer.json()["code"]) == (422, "not_a_choice")
    assert site.call("GET", "/v1/cases?status=open", role="analyst").status_code == 200


def test_the_quarantine_of_a_list_that_is_not_there_is_unknown(site: Site) -> None:
    answer = site.call("GET", "/v1/lists/sanction/quarantine", role="compliance")
    assert (answer.status_code, answer.json()["code"]) == (404, "list_unknown")
    assert site.call("GET", "/v1/lists/sanctions/quarantine", role="compliance").status_code == 200


def test_a_text_that_is_too_long_is_called_so(site: Site) -> None:
    body = {"customer": "cus_x", "asset": "USDT", "network": "evm-local", "address": "0x", "amount": "1" * 5000}
    assert site.call("POST", "/v1/withdrawals", body).json()["detail"] == "amount is too long; at most 200."


def test_a_traceback_in_the_log_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    """With `rich` beside it structlog printed every variable of every frame: the data key, sessions, the signer's."""
    assert main(["address", "check", RECEIVER, "--network", "ethereum"]) == 0
    key = secrets.token_urlsafe(32)
    try:
        raise RuntimeError("a bug")
    except RuntimeError:
        structlog.get_logger("test").exception("failed")
    printed = capsys.readouterr()
    assert "RuntimeError: a bug" in printed.out + printed.err
    assert key not in printed.out + printed.err


def test_a_bug_is_written_down_without_the_token_of_a_link() -> None:
    """Whoever reads logs must not be able to follow somebody's link."""
    token, answer = secrets.token_urlsafe(32), list[Message]()

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("a bug")

    async def send(message: Message) -> None:
        answer.append(message)

    scope = {"type": "http", "method": "GET", "path": f"/m/{token}", "query_string": b"", "headers": []}
    with capture_logs() as logs:
        asyncio.run(Around(broken, Metrics())(scope, cast("Receive", None), send))
    assert answer[0]["status"] == 500
    assert [line["path"] for line in logs] == ["/m/…"]
