"""What every page of the desk shares: whose desk it is, forms that count once, what people typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from starlette.datastructures import FormData
from starlette.responses import Response

from tidegate.api.door import Gate
from tidegate.base.money import Asset
from tidegate.base.refusals import Malformed, NotFound, Refusal
from tidegate.db import Conn, act, replay
from tidegate.p2p.merchants import flow as merchants
from tidegate.p2p.merchants.merchant import Merchant

HOME = "/portal/desk"
_FORMS = "portal desk"


class Visit(Protocol):
    """One request of a customer who is signed in, as the portal hands it to the desk's pages."""

    @property
    def gate(self) -> Gate: ...
    @property
    def conn(self) -> Conn: ...
    @property
    def now(self) -> datetime: ...
    @property
    def form(self) -> FormData | None: ...
    @property
    def id(self) -> str:
        """The `{id}` of the path."""
        ...

    @property
    def party_id(self) -> str:
        """The customer."""
        ...

    @property
    def actor(self) -> str:
        """By which name the journal knows them."""
        ...

    def asked(self, name: str) -> str | None:
        """A parameter of the address; None when it is missing or empty."""
        ...

    def given(self, name: str) -> str:
        """A field of the form as it was typed; "" when it is missing."""
        ...

    def render(self, template: str, status: int = 200, **shown: object) -> Response:
        """The page in the portal's frame."""
        ...

    def back_to(self, path: str, done: str = "") -> Response:
        """After a form: to a page, which says what was done (a word's name)."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """A page or a form's target below /portal."""

    path: str
    show: Callable[[Visit], Response]
    method: str = "GET"


def merchant_of(visit: Visit) -> Merchant:
    """The merchant who is signed in. Raises NotFound `merchant_none`."""
    found = merchants.of_party(visit.conn, visit.party_id)
    if found is None:
        raise NotFound("merchant_none", "You are no merchant yet; apply at the desk first.")
    return found


def once(visit: Visit, do: Callable[[], object]) -> None:
    """Do what a form asks. The same form sent again does nothing more: its page shows what it did the first time.

    A refusal is raised and not remembered, but what its flow wrote down on purpose (a wrong code that was counted)
    stays. Raises Malformed `form_old` for a form without its number.
    """
    number = visit.given("once")
    if not 20 <= len(number) <= 100:
        raise Malformed("form_old", "Open the page again; this form is not complete.")
    key = f"{visit.party_id} {number}"
    refused: Refusal | None = None
    with act(visit.conn, visit.actor, visit.now):
        replay.claim(visit.conn, _FORMS, key)
        if replay.find_many(visit.conn, [(_FORMS, key)]):
            return
        try:
            do()
        except Refusal as refusal:
            refused = refusal
        else:
            replay.keep_many(visit.conn, [replay.First(_FORMS, key, "", 201, "")], visit.now)
    if refused is not None:
        raise refused


def whole(visit: Visit, field: str) -> int | None:
    """A whole number that was typed; None = the field is empty. Raises Malformed `number_invalid`."""
    text = visit.given(field).strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Malformed("number_invalid", f"{text[:20]!r} is no whole number.", field=field)
    return int(text)


def asset_named(assets: Mapping[int, Asset], name: str) -> Asset:
    """The asset of a form, "USDT@evm-local". Raises Malformed `asset_unknown`."""
    for asset in assets.values():
        if asset.name == name:
            return asset
    raise Malformed("asset_unknown", f"{name[:60]!r} is not an asset here.", field="asset")
