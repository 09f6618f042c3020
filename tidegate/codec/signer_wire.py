"""One line of JSON per request and per answer. Amounts are text: no reader of ours meets a number above 2**53."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from tidegate.base.authorisation import Authorisation
from tidegate.base.signing import Cancel, Gas, Order, Pay, Sweep, Terms

MOST_BYTES = 64 * 1024
_ORDERS: dict[str, type[Pay] | type[Cancel] | type[Gas] | type[Sweep]] = {
    "pay": Pay,
    "cancel": Cancel,
    "gas": Gas,
    "sweep": Sweep,
}


class BadLine(ValueError):
    """The line is no request of ours; the message says why."""


def write_order(order: Order) -> bytes:
    """An order as a line."""
    name = next(name for name, shape in _ORDERS.items() if isinstance(order, shape))
    return line({"do": name, "order": _plain(dataclasses.asdict(order))})


def read(raw: bytes) -> tuple[str, Order | str]:
    """What is asked: ("describe", network) or (name, order). Raises BadLine."""
    try:
        said = json.loads(raw)
        if said["do"] == "describe":
            return "describe", _text(said["network"])
        return str(said["do"]), _order(said["do"], said["order"])
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise BadLine(f"not a request: {type(fault).__name__} {fault}"[:200]) from fault


def line(said: dict[str, Any]) -> bytes:
    """JSON on one line."""
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, int) else value


def _order(name: str, said: dict[str, Any]) -> Order:
    shape = _ORDERS[name]
    fields = {field.name for field in dataclasses.fields(shape)}
    if set(said) != fields:
        raise ValueError(f"{name} has the fields {sorted(fields)}, not {sorted(said)}")
    terms = Terms(**{key: _whole(said["terms"][key]) for key in ("nonce", "gas", "max_fee", "tip")})
    if shape is Pay:
        return Pay(_authorisation(said["authorisation"]), _text(said["signature"]), terms)
    if shape is Cancel:
        index = None if said["index"] is None else _whole(said["index"])
        return Cancel(_text(said["id"]), _text(said["network"]), terms, index)
    common = (_text(said["id"]), _text(said["network"]), _whole(said["index"]))
    if shape is Gas:
        return Gas(*common, _whole(said["units"]), terms)
    contract = None if said["contract"] is None else _text(said["contract"])
    return Sweep(*common, contract, _whole(said["units"]), terms)


_NUMBERS = {"chain_id", "units", "fee_ceiling_units", "policy_version"}


def _authorisation(said: dict[str, Any]) -> Authorisation:
    fields = {field.name for field in dataclasses.fields(Authorisation)}
    if set(said) != fields:
        raise ValueError("an authorisation has other fields")
    read: dict[str, Any] = {
        key: _whole(value) if key in _NUMBERS else None if value is None else _text(value)
        for key, value in said.items()
    }
    return Authorisation(**read)


def _whole(text: Any) -> int:
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > 80:
        raise ValueError(f"{str(text)[:40]!r} is not a whole number in text")
    return int(text)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 300 or not value.isprintable():
        raise ValueError(f"{ascii(value)[:60]} is not a short printable text")
    return value
