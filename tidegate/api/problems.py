"""How a "no" looks: RFC 9457 `application/problem+json`, everywhere, with a stable code and without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from tidegate.base.canonical import readable
from tidegate.base.refusals import FieldError, Refusal

MEDIA_TYPE = "application/problem+json"


class NotJson(Refusal):
    """The bytes of the body are not a JSON text that we read (400)."""

    status = 400


class TooLarge(Refusal):
    """The body is larger than the route takes (413)."""

    status = 413


class WrongMediaType(Refusal):
    """The body is not of the media type that the route takes (415)."""

    status = 415


class Invalid(Refusal):
    """The body is JSON but not what the route takes (422): every bad field is named."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        codes = {error.code for error in errors}
        first = errors[0]
        super().__init__(
            codes.pop() if len(codes) == 1 else "request_invalid",
            first.message if len(errors) == 1 else f"{len(errors)} fields are not right.",
        )
        self.errors = tuple(errors)


def body(status: int, code: str, detail: str, errors: Iterable[FieldError] = ()) -> dict[str, Any]:
    """A problem document. `code` is what programs look at; `detail` is for people and may change."""
    said: dict[str, Any] = {
        "type": f"urn:tidegate:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    named = [{"field": error.field, "code": error.code, "message": error.message} for error in errors]
    return {**said, "errors": named} if named else said


def of(refusal: Refusal) -> dict[str, Any]:
    """The problem document of a refusal; one that names its field has it in `errors` too."""
    errors: Sequence[FieldError] = ()
    if isinstance(refusal, Invalid):
        errors = refusal.errors
    elif refusal.field is not None:
        errors = [FieldError(refusal.field, refusal.code, refusal.message)]
    return body(refusal.status, refusal.code, refusal.message, errors)


def response(problem: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """The problem as an answer. A 401 says how to authenticate, a 503 when to come back."""
    more = dict(headers or {})
    if problem["status"] == 401:
        more["WWW-Authenticate"] = "Bearer"
    if problem["status"] == 503:  # a 429 of ours is final: waiting helps nobody
        more.setdefault("Retry-After", "1")
    return Response(readable(problem), problem["status"], more, MEDIA_TYPE)


# What a validation error of ours is called, by pydantic's name for it.
_CODES = {
    "missing": ("field_missing", "is missing"),
    "extra_forbidden": ("field_unknown", "is not a field of this request"),
    "string_type": ("not_a_string", "must be a string"),
    "int_type": ("not_an_integer", "must be a whole number, not in quotes"),
    "int_from_float": ("not_an_integer", "must be a whole number"),
    "int_parsing": ("not_an_integer", "must be a whole number"),
    "bool_type": ("not_a_boolean", "must be true or false"),
    "model_attributes_type": ("not_an_object", "must be an object"),
    "model_type": ("not_an_object", "must be an object"),
    "dict_type": ("not_an_object", "must be an object"),
    "list_type": ("not_a_list", "must be a list"),
    "string_too_long": ("too_long", "is too long"),
    "string_too_short": ("too_short", "is too short"),
    "too_long": ("too_long", "is too long"),
    "too_short": ("too_short", "is too short"),
    "string_pattern_mismatch": ("malformed", "is not written as it must be"),
    "literal_error": ("not_a_choice", "is none of the values that can stand here"),
    "enum": ("not_a_choice", "is none of the values that can stand here"),
    "union_tag_invalid": ("not_a_choice", "is of a type that cannot stand here"),
    "union_tag_not_found": ("field_missing", "is without its type"),
    "greater_than_equal": ("out_of_range", "is too small"),
    "less_than_equal": ("out_of_range", "is too large"),
}
CODES = {
    "amount_not_a_string": "an amount was sent as a JSON number; send it as a string, or digits are lost on the way",
    "time_malformed": "a time is not RFC 3339 with a zone",
    "date_malformed": "a date is not written like 1990-12-31",
    **{code: f"a field {words}" for code, words in _CODES.values()},
    "invalid": "a field is not right; its message says why",
}
"""Codes of field errors that the API itself gives, with what each means."""

_OURS = {"amount_not_a_string", "time_malformed", "date_malformed"}


def field_error(error: Mapping[str, Any]) -> FieldError:
    """One of pydantic's errors in our words. Its `input` is never repeated: it may be a secret."""
    place = [str(part) for part in error["loc"]]
    where = ".".join(place[1:]) or place[0] if place else "body"
    kind = str(error["type"])
    if kind in _OURS:
        return FieldError(where, kind, str(error["msg"]))
    code, words = _CODES.get(kind, ("invalid", "is not right"))
    limits = error.get("ctx") or {}
    hint = next(
        (
            f"; {said} {limits[name]}"
            for name, said in (
                ("expected", "write"),
                ("max_length", "at most"),
                ("min_length", "at least"),
                ("ge", "at least"),
                ("le", "at most"),
                ("pattern", "the pattern is"),
            )
            if name in limits
        ),
        "",
    )
    return FieldError(where, code, f"{where} {words}{hint}.")
