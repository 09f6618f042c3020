"""The adapter for yente against a counterpart on loopback: what it asks, and that it never takes silence for peace."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler

import pytest
from http_kit import listening

from tidegate.base.naming import NameFound, NameScreening, NoAnswer, Person
from tidegate.integrations.yente import LARGEST_ANSWER, TIMEOUT, Yente

PERSON = Person("Sergei Ivanov", date(1970, 5, 17), "RU")


def result(**more: object) -> dict[str, object]:
    return {
        "id": "NK-1",
        "caption": "Sergei IVANOV",
        "schema": "Person",
        "score": 0.7,
        "match": True,
        "datasets": ["us_ofac_sdn"],
        "properties": {"topics": ["sanction"], "name": ["Sergei IVANOV"]},
        **more,
    }


def answer(*results: object, status: int = 200) -> str:
    return json.dumps({"responses": {"person": {"status": status, "results": results}}, "limit": 5})


@contextmanager
def counterpart(
    body: str, status: int = 200, pieces: float = 0, slow_head: bool = False
) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """A server that gives one answer; its URL, and what it was asked. `pieces` = seconds between single bytes."""
    asked: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            asked.append(
                {"path": self.path, "body": json.loads(self.rfile.read(length)), "headers": dict(self.headers)}
            )
            if slow_head:
                with suppress(BrokenPipeError, ConnectionResetError):
                    for _ in range(500):
                        self.wfile.write(b"H")
                        time.sleep(pieces)
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            try:
                for piece in [body] if not pieces else list(body):
                    self.wfile.write(piece.encode())
                    self.wfile.flush()
                    time.sleep(pieces)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the caller's patience ended, which is what the test is about

        def log_message(self, *_: object) -> None: ...

    with listening(Handler) as url:
        yield url, asked


def ask(url: str, **more: object) -> list[NameFound]:
    yente: NameScreening = Yente(url, **more)  # type: ignore[arg-type]
    try:
        return yente.match(PERSON)
    finally:
        assert isinstance(yente, Yente)
        yente.close()


def test_it_asks_for_the_person_and_reads_who_was_found_best_first() -> None:
    better = result(id="NK-2", score=0.91, properties={}, datasets=["eu_fsf", "un_sc_sanctions"])
    with counterpart(answer(result(), better)) as (url, asked):
        found = ask(url + "/", dataset="sanctions", key="k1")
    assert found == [
        NameFound("NK-2", "Sergei IVANOV", Decimal("0.91"), ("eu_fsf", "un_sc_sanctions"), ()),
        NameFound("NK-1", "Sergei IVANOV", Decimal("0.7"), ("us_ofac_sdn",), ("sanction",)),
    ]
    (question,) = asked
    assert question["path"] == "/match/sanctions"
    assert question["headers"]["Authorization"] == "ApiKey k1"  # type: ignore[index]
    assert question["body"] == {
        "queries": {
            "person": {
                "schema": "Person",
                "properties": {"name": ["Sergei Ivanov"], "birthDate": ["1970-05-17"], "country": ["ru"]},
            }
        }
    }


def test_what_is_not_known_is_not_asked() -> None:
    with counterpart(answer()) as (url, asked):
        yente = Yente(url)
        assert yente.match(Person("Ada")) == []
        yente.close()
    assert asked[0]["body"]["queries"]["person"]["properties"] == {"name": ["Ada"]}  # type: ignore[index]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "<html>",
        "[" * 100_000,
        '{"responses": {}}',
        '{"responses": {"person": {"status": 200}}}',
        answer(status=500),
        answer("NK-1"),
        answer(result(score="0.9")),
        answer(result(score=1.1)),
        answer(result(score=-0.1)),
        answer(result(score=True)),
        answer(result(score=float("nan"))),
        answer(result(id=7)),
        answer(result(datasets="us_ofac_sdn")),
        answer(result(properties=None)),
        answer({k: v for k, v in result().items() if k != "caption"}),
    ],
)
def test_an_answer_that_is_none_is_never_nobody_found(body: str) -> None:
    with counterpart(body) as (url, _), pytest.raises(NoAnswer):
        ask(url)


@pytest.mark.parametrize("status", [302, 401, 404, 429, 500, 503])
def test_a_status_that_is_not_200_is_no_answer(status: int) -> None:
    with counterpart(answer(), status) as (url, _), pytest.raises(NoAnswer, match=str(status)):
        ask(url)


def test_an_answer_that_trickles_is_given_up() -> None:
    with counterpart(answer(result()), pieces=0.02) as (url, _), pytest.raises(NoAnswer, match="did not end"):
        ask(url, timeout=0.2)


def test_nor_is_one_waited_for_whose_head_trickles() -> None:
    with counterpart("", pieces=0.02, slow_head=True) as (url, _), pytest.raises(NoAnswer, match="did not end"):
        ask(url, timeout=0.2)


def test_an_answer_without_end_is_given_up() -> None:
    with counterpart(" " * (LARGEST_ANSWER + 1)) as (url, _), pytest.raises(NoAnswer, match="longer"):
        ask(url)


def test_a_server_that_is_not_there_is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        ask("http://127.0.0.1:1", timeout=1)


def test_texts_of_others_are_made_printable() -> None:
    with counterpart(answer(result(caption="Iva\u0000nov\u202e" + "x" * 500))) as (url, _):
        (found,) = ask(url)
    assert found.name.startswith("Iva nov ")
    assert len(found.name) == 300


def test_a_dataset_is_a_name_and_the_patience_is_ten_seconds() -> None:
    assert TIMEOUT == 10
    with pytest.raises(ValueError):
        Yente("http://127.0.0.1:1", "../admin")
