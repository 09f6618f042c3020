"""Names asked of a yente server, the open matching service of OpenSanctions, run by the platform itself.

One question, one answer, within a deadline. Whatever is not a whole and well-formed answer is `NoAnswer`: a screening
that did not take place must never look like one that found nobody.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal

from tidegate.base.naming import NameFound, NoAnswer, Person
from tidegate.integrations.exchange import Exchange, Unanswered

TIMEOUT = 10.0
"""Seconds for the whole answer (rulebook section 4, outside vendors); after that a person decides."""

LARGEST_ANSWER = 4 * 1024 * 1024
_DATASET = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")
_QUESTION = "person"


class Yente:
    """A yente server and one of its datasets. May be used by several threads."""

    def __init__(self, url: str, dataset: str = "sanctions", key: str | None = None, timeout: float = TIMEOUT) -> None:
        if not _DATASET.fullmatch(dataset):
            raise ValueError(f"{dataset!r} is not a dataset of yente; it is named like sanctions")
        self._url = f"{url.rstrip('/')}/match/{dataset}"
        self._headers = {} if key is None else {"Authorization": f"ApiKey {key}"}
        self._exchange = Exchange(timeout, LARGEST_ANSWER)

    def close(self) -> None:
        self._exchange.close()

    def match(self, person: Person) -> list[NameFound]:
        """Whom the server found, best first, whatever it thinks of the score. Raises NoAnswer."""
        properties = {"name": [person.name]}
        if person.born is not None:
            properties["birthDate"] = [person.born.isoformat()]
        if person.country is not None:
            properties["country"] = [person.country.lower()]
        body = self._posted({"queries": {_QUESTION: {"schema": "Person", "properties": properties}}})
        return _found(body)

    def _posted(self, question: object) -> bytes:
        try:
            answer = self._exchange.post(self._url, json.dumps(question).encode(), self._headers)
        except Unanswered as fault:
            raise NoAnswer(f"yente: {fault}") from fault
        if answer.status != 200:
            raise NoAnswer(f"yente answered with HTTP status {answer.status}.")
        return answer.body


def _found(body: bytes) -> list[NameFound]:
    try:
        # Scores as decimals from the text on: a float would round at the line between show and hit.
        said = json.loads(body, parse_float=Decimal, parse_int=Decimal)
        answer = said["responses"][_QUESTION]
        if answer["status"] != 200:
            raise NoAnswer(f"yente answered the question with status {answer['status']}.")
        found = [_one(item) for item in answer["results"]]
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise NoAnswer(f"yente's answer is not a list of matches: {type(fault).__name__} {fault}") from fault
    return sorted(found, key=lambda item: (-item.score, item.id))


def _one(item: dict[str, object]) -> NameFound:
    """One result; ValueError, KeyError or TypeError where it is none."""
    score, properties = item["score"], item["properties"]
    if not isinstance(score, Decimal) or not 0 <= score <= 1:
        raise ValueError(f"score {score!r}")
    if not isinstance(properties, dict):
        raise TypeError("properties")
    return NameFound(
        _text(item["id"]),
        _text(item["caption"]),
        score,
        tuple(_text(name) for name in _list(item["datasets"])),
        tuple(_text(topic) for topic in _list(properties.get("topics", []))),
    )


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} is no list")
    return value


def _text(value: object) -> str:
    """Somebody else's text on its way to a page and a database: printable, and not endless."""
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is no text")
    return "".join(letter if letter.isprintable() else " " for letter in value[:300])
