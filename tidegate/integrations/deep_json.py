"""JSON whose nesting somebody else chose: read without recursion, so that depth costs memory and not the program."""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # the standard library's own, not in its stubs

DEEPEST = 10_000  # 1024 call frames are two levels of JSON each; nothing honest comes near

_TOKEN = re.compile(r'[ \t\n\r]*([{}\[\],:"]|-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,3})?|true|false|null)')
_END = re.compile(r"[ \t\n\r]*\Z")


def parse(text: str) -> object:
    """What `json.loads` returns, several times slower, for any depth up to DEEPEST. Raises ValueError."""
    open_: list[tuple[dict[str, object] | list[object], str]] = []  # what is not closed yet, and the key to fill in it
    at = 0
    while True:
        token, at = _token(text, at)
        value: object
        if token == "{":
            following, after = _token(text, at)
            if following != "}":
                key, at = _key(text, at)
                open_.append(({}, key))
                continue
            value, at = {}, after
        elif token == "[":
            following, after = _token(text, at)
            if following != "]":
                open_.append(([], ""))
                continue
            value, at = [], after
        elif token == '"':
            value, at = scanstring(text, at)
        elif token in "}],:":
            raise ValueError(f"a value was expected before character {at}, not {token}")
        else:
            value = json.loads(token)
        if len(open_) > DEEPEST:
            raise ValueError(f"more than {DEEPEST} levels")

        while open_:
            holder, key = open_[-1]
            if isinstance(holder, dict):
                holder[key] = value
            else:
                holder.append(value)
            token, at = _token(text, at)
            if token == ",":
                if isinstance(holder, dict):
                    key, at = _key(text, at)
                    open_[-1] = (holder, key)
                break
            if token != ("}" if isinstance(holder, dict) else "]"):
                raise ValueError(f"a comma or an end was expected before character {at}, not {token}")
            value = holder
            open_.pop()
        else:
            if not _END.match(text, at):
                raise ValueError(f"more text after the end at character {at}")
            return value


def _token(text: str, at: int) -> tuple[str, int]:
    found = _TOKEN.match(text, at)
    if found is None:
        raise ValueError(f"no JSON at character {at}")
    return found[1], found.end()


def _key(text: str, at: int) -> tuple[str, int]:
    """The key of a member, and where its value begins."""
    quote, at = _token(text, at)
    if quote != '"':
        raise ValueError(f"a key was expected before character {at}")
    key, at = scanstring(text, at)
    colon, at = _token(text, at)
    if colon != ":":
        raise ValueError(f"a colon was expected before character {at}")
    return str(key), at
