"""A policy pack as YAML: what people keep beside their other papers, read as strictly as the JSON.

YAML guesses: `no` is a country or false, `1.10` a number or an amount, `12:30` is 750. Here nothing is guessed. Plain
text that any reader of YAML could take for something else must be quoted; anchors, tags and merges are refused, so
nothing in a file is more than it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from tidegate.base.refusals import Malformed
from tidegate.policy.pack import from_json

DEEPEST = 32
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_LIKE_A_NUMBER = re.compile(r"[-+]?\.?[0-9][0-9_,.:]*([eE][-+]?[0-9]+)?|[-+]?0[xob][0-9a-fA-F_]+")
_RESOLVER: Any = yaml.resolver.Resolver()
_TEXT = "tag:yaml.org,2002:str"
_BOOL = {"true": True, "false": False}


def from_text(text: str) -> dict[str, object]:
    """A pack from JSON or YAML, whichever it is: JSON begins with a bracket."""
    return from_json(text) if text.lstrip().startswith(("{", "[")) else from_yaml(text)


def from_yaml(text: str) -> dict[str, object]:
    """The pack in a YAML text: texts, whole numbers, true and false, lists and maps. Raises Malformed
    `pack_invalid` with the line."""
    try:
        return _Reading(yaml.parse(text, Loader=_LOADER)).document()
    except yaml.YAMLError as bad:
        raise Malformed("pack_invalid", f"The pack is not YAML: {' '.join(str(bad).split())}"[:400]) from bad


def to_yaml(pack: Mapping[str, object]) -> str:
    """The pack in YAML that reads back as the same pack, here and with any other reader."""
    said: str = yaml.dump(_plain(pack), Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=110)
    return said


class _Reading:
    """Builds a document from events: nothing is resolved behind our back, and no depth can exhaust a stack."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events

    def document(self) -> dict[str, object]:
        event = self._next()
        while not isinstance(event, yaml.DocumentStartEvent):
            if isinstance(event, yaml.StreamEndEvent):
                raise Malformed("pack_invalid", "The file is empty; a pack is a map of sections.")
            event = self._next()
        pack = self._value(self._next(), 0)
        self._next()  # the document's end
        if not isinstance(self._next(), yaml.StreamEndEvent):
            raise Malformed("pack_invalid", "The file holds more than one document; a file is one pack.")
        if not isinstance(pack, dict):
            raise Malformed("pack_invalid", "A pack is a map of sections.")
        return pack

    def _next(self) -> Any:
        return next(self.events)

    def _value(self, event: Any, depth: int) -> object:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _bad(event, "anchors and aliases are refused: what a file says stands where it is said")
        if depth > DEEPEST:
            raise _bad(event, f"the pack is nested deeper than {DEEPEST}")
        if event.tag not in (None, "!"):
            raise _bad(event, f"the tag {event.tag[:40]!r} is refused: values are texts, whole numbers, true or false")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[object] = []
            while not isinstance(inner := self._next(), yaml.SequenceEndEvent):
                items.append(self._value(inner, depth + 1))
            return items
        table: dict[str, object] = {}
        while not isinstance(inner := self._next(), yaml.MappingEndEvent):
            key = self._value(inner, depth + 1)
            if not isinstance(key, str):
                raise _bad(inner, f"the key {str(key)[:40]!r} is no text; quote it")
            if key in table:
                raise _bad(inner, f"the key {key[:40]!r} is written twice")
            table[key] = self._value(self._next(), depth + 1)
        return table


def _scalar(event: Any) -> object:
    text: str = event.value
    if not event.implicit[0]:  # quoted, or a block of text
        return text
    if text in _BOOL:
        return _BOOL[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _doubtful(text):
        raise _bad(event, f"{text[:40]!r} can be read in more than one way; put it in quotes")
    return text


def _doubtful(text: str) -> bool:
    """Whether some reader of YAML would take the plain text for something else."""
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
    return tag != _TEXT or _LIKE_A_NUMBER.fullmatch(text) is not None


def _bad(event: Any, why: str) -> Malformed:
    return Malformed("pack_invalid", f"Line {event.start_mark.line + 1}: {why}.")


class _Dumper(yaml.SafeDumper):
    """Quotes every text that could be read as something else, and never writes an anchor."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(_TEXT, text, style="'" if text in _BOOL or _doubtful(text) else None)


_Dumper.add_representer(str, _quoted)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
