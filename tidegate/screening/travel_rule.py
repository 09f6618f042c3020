"""What has to be known before coins go to another provider, and the message that says it (section 4, travel rule).

What we know ourselves comes from the party; what only the customer knows they state: who receives, at which provider,
and where a place asks for more than names, one thing more about themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tidegate.base.refusals import FieldError, Malformed
from tidegate.parties.countries import COUNTRIES
from tidegate.screening import ivms101
from tidegate.screening.ivms101 import Address, Birth, NationalId, Payload, Person

VASP_ID = 64
"""The longest name of a provider in our directory."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who receives, as the customer states it."""

    name: str
    given_names: str = ""  # "" = there are none, or they are part of the name
    is_legal: bool = False


@dataclass(frozen=True, slots=True)
class Counterparty:
    """The provider that keeps the address. Where its endpoint is our own directory says, never a request."""

    vasp_id: str
    name: str
    country: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What a customer stated about one withdrawal. None and "" = nothing yet."""

    receiver: Receiver | None = None
    counterparty: Counterparty | None = None
    address: Address | None = None  # the customer's own
    document: NationalId | None = None
    place_of_birth: str = ""

    def with_more(self, later: Statement) -> Statement:
        """The two together; what was stated later wins."""
        return Statement(
            later.receiver or self.receiver,
            later.counterparty or self.counterparty,
            later.address or self.address,
            later.document or self.document,
            later.place_of_birth or self.place_of_birth,
        )


@dataclass(frozen=True, slots=True)
class Sender:
    """What we know of the customer ourselves."""

    id: str
    name: str  # as verified, or as the platform gave it
    country: str
    born: date | None
    is_legal: bool = False


def read(said: Mapping[str, Any]) -> Statement:
    """A statement from its JSON: {beneficiary, counterparty, originator}, each of them optional.

    Raises Malformed `information_invalid`, naming every path that is wrong.
    """
    faults: list[FieldError] = []
    found = Statement(
        _receiver(said["beneficiary"], faults) if said.get("beneficiary") is not None else None,
        _counterparty(said["counterparty"], faults) if said.get("counterparty") is not None else None,
        *_originator(said.get("originator") or {}, faults),
    )
    if faults:
        words = "; ".join(f"{fault.field}: {fault.message}" for fault in faults[:20])
        raise Malformed("information_invalid", words[:4000], field=faults[0].field)
    return found


def as_json(stated: Statement) -> dict[str, Any]:
    """The statement as it is kept: `read` gives it back."""
    said: dict[str, Any] = {}
    if stated.receiver is not None:
        r = stated.receiver
        kind = "legal" if r.is_legal else "natural"
        said["beneficiary"] = {"name": r.name, "given_names": r.given_names, "kind": kind}
    if stated.counterparty is not None:
        c = stated.counterparty
        said["counterparty"] = {"vasp_id": c.vasp_id, "name": c.name, "country": c.country}
    originator: dict[str, Any] = {}
    if stated.address is not None:
        originator["address"] = ivms101.address_json(stated.address)
    if stated.document is not None:
        originator["document"] = ivms101.national_id_json(stated.document)
    if stated.place_of_birth:
        originator["place_of_birth"] = stated.place_of_birth
    return said | ({"originator": originator} if originator else {})


def missing(fields: str, sender: Sender, stated: Statement) -> tuple[str, ...]:
    """What the customer still has to state for this set of fields ("basic", "extended"), by path."""
    found = []
    if stated.counterparty is None:
        found.append("counterparty")
    if stated.receiver is None:
        found.append("beneficiary.name")
    whole = stated.address is not None or stated.document is not None or _birth(sender, stated) is not None
    if fields == "extended" and not whole:
        # The shortest of the three ways: a place of birth is of use only beside a verified day.
        found.append("originator.address" if sender.born is None or sender.is_legal else "originator.place_of_birth")
    return tuple(found)


def build(fields: str, sender: Sender, stated: Statement, to: str, us: Person, them: Person) -> dict[str, Any]:
    """The IVMS101 payload: the sender's account is their id here, the receiver's the address that is paid.

    Nothing is said that was not asked for: at "basic" a name, an account and the customer's number with us. Raises
    Malformed `ivms101_invalid`, and ValueError where `missing` is not empty.
    """
    if missing(fields, sender, stated) or stated.receiver is None:
        raise ValueError(f"incomplete: {', '.join(missing(fields, sender, stated))}")
    extended = fields == "extended"
    names, own, methods = ivms101.named(sender.name)
    originator = Person(
        names,
        sender.is_legal,
        own,
        addresses=(stated.address,) if extended and stated.address is not None else (),
        national_id=stated.document if extended else None,
        customer_id=sender.id,
        birth=_birth(sender, stated) if extended else None,
        country=sender.country if extended else "",
    )
    receiver = stated.receiver
    their_names, their_own, their_methods = ivms101.named(receiver.name, receiver.given_names)
    return ivms101.check(
        Payload(
            (originator,),
            (sender.id,),
            (Person(their_names, receiver.is_legal, their_own),),
            (to,),
            us,
            them,
            methods=tuple(sorted({*methods, *their_methods})),
        )
    )


def provider(name: str, country: str, lei: str | None = None) -> Person:
    """A provider as a payload names it. Raises ValueError for a number that is no LEI."""
    if lei is not None and not ivms101.is_lei(lei):
        raise ValueError(f"{lei!r} is no LEI: 20 characters, the last two a check")
    names, own, _ = ivms101.named(name)
    return Person(names, True, own, national_id=None if lei is None else NationalId(lei, "LEIX"), country=country)


def _birth(sender: Sender, stated: Statement) -> Birth | None:
    """Day and place together, or neither: the standard has no half of it."""
    if sender.is_legal or sender.born is None or not stated.place_of_birth:
        return None
    return Birth(sender.born, stated.place_of_birth)


# --- what a customer states --------------------------------------------------------------------------------------


def _text(said: object, path: str, most: int, faults: list[FieldError], *, empty: bool = False) -> str:
    if (
        isinstance(said, str)
        and len(said) <= most
        and ((said.isprintable() and said.strip()) or (empty and said == ""))
    ):
        return said
    faults.append(FieldError(path, "information_invalid", f"is {said!r}; it must be 1 to {most} letters"[:200]))
    return "?"


def _receiver(said: Mapping[str, Any], faults: list[FieldError]) -> Receiver:
    name = _text(said.get("name"), "beneficiary.name", 100, faults)
    if not 0 < len(ivms101.romanised(name)) <= 100:
        words = f"is {name!r}; nobody can write that in Latin letters, so write it the way a passport does"
        faults.append(FieldError("beneficiary.name", "information_invalid", words[:200]))
    return Receiver(
        name,
        _text(said.get("given_names") or "", "beneficiary.given_names", 100, faults, empty=True),
        said.get("kind") == "legal",
    )


def _counterparty(said: Mapping[str, Any], faults: list[FieldError]) -> Counterparty:
    country = said.get("country")
    if country not in COUNTRIES:
        words = f"is {country!r}; it must be an assigned code of two capital letters, like DE"
        faults.append(FieldError("counterparty.country", "information_invalid", words[:200]))
    return Counterparty(
        _text(said.get("vasp_id"), "counterparty.vasp_id", VASP_ID, faults),
        _text(said.get("name"), "counterparty.name", 100, faults),
        str(country),
    )


def _originator(said: Mapping[str, Any], faults: list[FieldError]) -> tuple[Address | None, NationalId | None, str]:
    address = document = None
    if said.get("address") is not None:
        address, wrong = ivms101.read_address(said["address"], "originator.address")
        faults += wrong
    if said.get("document") is not None:
        document, wrong = ivms101.read_national_id(said["document"], "originator.document")
        faults += wrong
    place = said.get("place_of_birth")
    return address, document, "" if place is None else _text(place, "originator.place_of_birth", 70, faults)
