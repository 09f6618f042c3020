"""Expected "no"s. Anything else that is raised is a bug: it rolls back and pages somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


class Refusal(Exception):
    """A "no" with a stable code and an HTTP status; the message says what was wrong and what would be right.

    `field` names the offending input where there is one; `until` is when it is over, where a time is known.
    """

    status = 422

    def __init__(self, code: str, message: str, *, field: str | None = None, until: datetime | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.until = until


class Malformed(Refusal):
    """The request cannot be understood or can never be right (422)."""


class NotFound(Refusal):
    """It does not exist, or it is not yours: the two look the same from outside (404)."""

    status = 404


class Conflict(Refusal):
    """The thing is not in a state that allows this (409)."""

    status = 409


class Forbidden(Refusal):
    """Who you are does not allow this (403)."""

    status = 403


class Unauthorised(Refusal):
    """Nobody knows who you are (401)."""

    status = 401


class TooMany(Refusal):
    """Too many tries or too much at once (429)."""

    status = 429


class Unavailable(Refusal):
    """Something we need is not there just now; the same request may be sent again (503)."""

    status = 503


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field of a request, for the `errors` list of a problem document."""

    field: str
    code: str
    message: str
