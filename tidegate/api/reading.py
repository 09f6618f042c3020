"""Reading a request's bytes: JSON as two readers would understand it the same way, or a refusal.

Refused: more bytes than the route takes, another media type or encoding, a key written twice, a number that no
whole unit can hold (NaN, 10,000 digits), NUL and lone surrogates (PostgreSQL text holds neither), deep nesting.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect, Request

from tidegate.api.problems import NotJson, TooLarge, WrongMediaType
from tidegate.base.refusals import FieldError

MOST_BYTES = 64 * 1024
DEEPEST = 16


async def read_bytes(request: Request, most: int = MOST_BYTES) -> bytes:
    """The body, counted while it comes in: a wrong or missing Content-Length changes nothing."""
    stated = request.headers.get("content-length", "")
    if stated.isascii() and stated.isdigit() and (len(stated) > 12 or int(stated) > most):
        raise _too_large(most)
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise _too_large(most)
            parts.append(part)
    except ClientDisconnect as gone:  # nobody is left to read this; it is their doing, and no bug
        raise NotJson("body_cut_short", "The connection ended before the body did.") from gone
    return b"".join(parts)


def media_type(request: Request, wanted: str) -> None:
    """Raises WrongMediaType unless the request says `wanted`, uncompressed, in UTF-8 where it names a charset."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.strip().lower() not in ("", "identity"):
        raise WrongMediaType(
            "media_type_wrong", f"Send the body as it is, without Content-Encoding, not as {encoding[:40]!r}."
        )
    said = request.headers.get("content-type", "")
    kind, _, parameters = said.partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if kind.strip().lower() != wanted or charset not in ("", "charset=utf-8"):
        raise WrongMediaType("media_type_wrong", f"Send the body as {wanted} in UTF-8, not as {said[:80]!r}.")


def text(body: bytes) -> str:
    """The body as text. Raises NotJson for anything but UTF-8 without NUL."""
    try:
        said = body.decode("utf-8")
    except UnicodeDecodeError as bad:
        raise NotJson("encoding_not_utf8", f"The body is not UTF-8 (byte {bad.start}).") from bad
    if "\0" in said:
        raise NotJson("character_refused", "The body holds the character NUL, which nothing here can keep.")
    return said


def parse(body: bytes) -> Any:
    """The JSON value in the body. Raises NotJson with the reason."""
    try:
        value = json.loads(text(body), object_pairs_hook=_once, parse_constant=_constant)
    except RecursionError as bad:
        raise _too_deep() from bad
    except ValueError as bad:  # JSONDecodeError, or an integer with more digits than Python reads
        raise NotJson("json_malformed", f"The body is not JSON: {_place(bad)}.") from bad
    _check(value)
    return value


def check_text(said: str, where: str) -> None:
    """Raises NotJson for a character in a path or query that nothing here can keep."""
    if "\0" in said or any("\ud800" <= letter <= "\udfff" for letter in said):
        raise NotJson("character_refused", f"The {where} holds NUL or half a surrogate pair.")


class _Twice(NotJson):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        shown = twice[:40].encode("ascii", "backslashreplace").decode()
        raise _Twice("json_duplicate_key", f"The key {shown!r} is written twice in one object; say it once.")
    return made


def _constant(name: str) -> NoReturn:
    raise NotJson("json_malformed", f"{name} is not JSON.")


def _place(bad: ValueError) -> str:
    if isinstance(bad, json.JSONDecodeError):
        return f"{bad.msg} at line {bad.lineno}, column {bad.colno}"
    return "a number has too many digits"


def _too_large(most: int) -> TooLarge:
    return TooLarge("body_too_large", f"The body may have at most {most} bytes.")


def _too_deep() -> NotJson:
    return NotJson("json_too_deep", f"The body is nested deeper than {DEEPEST} levels.")


def _check(value: Any) -> None:
    """Strings that a text column can hold, in a tree that is not too deep; without recursion."""
    left: list[tuple[Any, int]] = [(value, 1)]
    while left:
        item, depth = left.pop()
        if depth > DEEPEST:
            raise _too_deep()
        if isinstance(item, str):
            check_text(item, "body")
        elif isinstance(item, dict):
            for key, inner in item.items():
                check_text(key, "body")
                left.append((inner, depth + 1))
        elif isinstance(item, list):
            left.extend((inner, depth + 1) for inner in item)


__all__ = ["DEEPEST", "MOST_BYTES", "FieldError", "check_text", "media_type", "parse", "read_bytes", "text"]
