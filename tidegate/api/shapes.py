"""The words that all shapes are made of. The shapes of a resource are in its folder; together they are `/openapi.json`.

Requests are read strictly: no unknown fields, no numbers in quotes, no amounts as numbers. Answers are described
here and made elsewhere; tests hold the two together.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from tidegate.base.times import from_rfc3339

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _amount(value: Any) -> Any:
    if isinstance(value, int | float):
        raise PydanticCustomError("amount_not_a_string", 'Send the amount as a string of digits, like "12.5".')
    return value


def _time(value: Any) -> datetime:
    if isinstance(value, str) and _RFC3339.fullmatch(value):
        try:
            return from_rfc3339(value)
        except (ValueError, OverflowError):
            pass
    raise PydanticCustomError("time_malformed", "Write the time like 2026-11-24T10:39:00Z.")


def _date(value: Any) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("date_malformed", "Write the date like 1990-12-31.")


Amount = Annotated[
    str,
    BeforeValidator(_amount),
    StringConstraints(max_length=200),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(0|[1-9][0-9]{0,77})(\.[0-9]{1,77})?$",
            "description": "Decimal string in units of the asset; never a JSON number.",
            "examples": ["12.5"],
        }
    ),
]
Usd = Annotated[
    str,
    BeforeValidator(_amount),
    StringConstraints(max_length=200),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(0|[1-9][0-9]{0,77})(\.[0-9]{1,12})?$",
            "description": "USD per coin as a decimal string; never a JSON number.",
            "examples": ["2500.25"],
        }
    ),
]
Time = Annotated[datetime, BeforeValidator(_time), WithJsonSchema({"type": "string", "format": "date-time"})]
Date = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
At = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Decimal = Annotated[str, Field(description="Decimal string in units of the asset.", examples=["12.5"])]
Text = Annotated[str, StringConstraints(max_length=500)]
Short = Annotated[str, StringConstraints(max_length=200)]
Long = Annotated[str, StringConstraints(max_length=4000)]
Id = Annotated[str, StringConstraints(max_length=64)]
Ticker = Annotated[str, Field(max_length=20, examples=["USDT"])]
Network = Annotated[str, Field(max_length=41, examples=["evm-local"])]


class In(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Out(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(extra="forbid")


class BadField(Out):
    field: str
    code: str
    message: str


class Problem(Out):
    """RFC 9457. Programs look at `code`; `detail` is for people and may change."""

    type: str = Field(examples=["urn:tidegate:problem:amount_malformed"])
    title: str
    status: int
    code: str = Field(examples=["amount_malformed"])
    detail: str
    errors: list[BadField] | None = None


class Lift(In):
    reason: Text
