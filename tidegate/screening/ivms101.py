"""Who sends and who receives, as the travel rule exchanges it: interVASP Messaging Standard 101 (IVMS101.2020).

A payload is read strictly: every field known, in its length, from its code list, and the standard's constraints C1 to
C11 hold. A reader gets every fault with its path. What was read can be written again to the same object.

Latin letters go into `nameIdentifier`; a name written otherwise keeps its own letters in `localNameIdentifier`, and
the payload says by which scheme it was romanised (ISO 9 and its siblings name the schemes by script).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from anyascii import anyascii

from tidegate.base.refusals import FieldError, Malformed
from tidegate.parties.countries import COUNTRIES

NATURAL_NAMES = ("LEGL", "ALIA", "BIRT", "MAID", "MISC")
LEGAL_NAMES = ("LEGL", "SHRT", "TRAD")
ADDRESSES = ("HOME", "BIZZ", "GEOG")
NATIONAL_IDS = ("ARNU", "CCPT", "RAID", "DRLC", "FIIN", "TXID", "SOCS", "IDCD", "LEIX", "MISC")
LEGAL_IDS = ("RAID", "MISC", "LEIX", "TXID")
"""C7: a firm has no passport."""

SCRIPTS = {
    "ARABIC": "arab",
    "ARMENIAN": "armn",
    "CYRILLIC": "cyrl",
    "DEVANAGARI": "deva",
    "GEORGIAN": "geor",
    "GREEK": "grek",
    "CJK": "hani",
    "HEBREW": "hebr",
    "HIRAGANA": "kana",
    "KATAKANA": "kana",
    "HANGUL": "kore",
    "THAI": "thai",
}
"""First word of a letter's Unicode name -> the standard's code of the scheme that its script is romanised by."""

METHODS = (*sorted(set(SCRIPTS.values())), "aran", "othr")
_XX = frozenset({"XX"})  # the standard's "no country can be named"
_LEI = re.compile(r"[0-9A-Z]{18}[0-9]{2}")
_AUTHORITY = re.compile(r"RA[0-9]{6}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_LINES: tuple[tuple[str, str, int], ...] = (
    ("department", "department", 50),
    ("sub_department", "subDepartment", 70),
    ("street_name", "streetName", 70),
    ("building_number", "buildingNumber", 16),
    ("building_name", "buildingName", 35),
    ("floor", "floor", 70),
    ("post_box", "postBox", 16),
    ("room", "room", 70),
    ("post_code", "postCode", 16),
    ("town_name", "townName", 35),
    ("town_location_name", "townLocationName", 35),
    ("district_name", "districtName", 35),
    ("country_sub_division", "countrySubDivision", 35),
)
"""Our name, theirs, and how long it may be."""


@dataclass(frozen=True, slots=True)
class Name:
    """One spelling of a name. Of a firm it is `primary` alone."""

    primary: str
    secondary: str = ""  # given names; "" = there are none, or nobody can tell them apart
    type: str = "LEGL"


@dataclass(frozen=True, slots=True)
class Address:
    type: str
    town_name: str
    country: str
    department: str = ""
    sub_department: str = ""
    street_name: str = ""
    building_number: str = ""
    building_name: str = ""
    floor: str = ""
    post_box: str = ""
    room: str = ""
    post_code: str = ""
    town_location_name: str = ""
    district_name: str = ""
    country_sub_division: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NationalId:
    number: str
    type: str
    country: str = ""  # of issue
    authority: str = ""  # "RA000589", GLEIF's list of registration authorities


@dataclass(frozen=True, slots=True)
class Birth:
    day: date
    place: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person or a firm. Empty and None = not said."""

    names: tuple[Name, ...]
    is_legal: bool = False
    local_names: tuple[Name, ...] = ()  # in the letters of their own language
    phonetic_names: tuple[Name, ...] = ()
    addresses: tuple[Address, ...] = ()
    national_id: NationalId | None = None
    customer_id: str = ""  # at the provider that sends it
    birth: Birth | None = None  # of a natural person
    country: str = ""  # of residence, or of registration


@dataclass(frozen=True, slots=True)
class Payload:
    originators: tuple[Person, ...]
    originator_accounts: tuple[str, ...]
    beneficiaries: tuple[Person, ...]
    beneficiary_accounts: tuple[str, ...]
    originating_vasp: Person | None = None
    beneficiary_vasp: Person | None = None
    path: tuple[tuple[Person, int], ...] = ()  # intermediaries, each with its place
    methods: tuple[str, ...] = ()  # how names were romanised


# --- write -------------------------------------------------------------------------------------------------------


def as_json(payload: Payload) -> dict[str, Any]:
    """The payload as the standard writes it. Raises Malformed `ivms101_invalid` where it would be none."""
    said: dict[str, Any] = {
        "originator": _side("originatorPersons", payload.originators, payload.originator_accounts),
        "beneficiary": _side("beneficiaryPersons", payload.beneficiaries, payload.beneficiary_accounts),
    }
    if payload.originating_vasp is not None:
        said["originatingVASP"] = {"originatingVASP": _person(payload.originating_vasp)}
    if payload.beneficiary_vasp is not None:
        said["beneficiaryVASP"] = {"beneficiaryVASP": _person(payload.beneficiary_vasp)}
    if payload.path:
        steps = [{"intermediaryVASP": _person(person), "sequence": place} for person, place in payload.path]
        said["transferPath"] = {"transferPath": steps}
    if payload.methods:
        said["payloadMetadata"] = {"transliterationMethod": list(payload.methods)}
    return said


def _side(persons: str, people: Iterable[Person], accounts: Collection[str]) -> dict[str, Any]:
    side: dict[str, Any] = {persons: [_person(person) for person in people]}
    return side | ({"accountNumber": list(accounts)} if accounts else {})


def _person(p: Person) -> dict[str, Any]:
    kinds = (
        ("nameIdentifier", p.names),
        ("localNameIdentifier", p.local_names),
        ("phoneticNameIdentifier", p.phonetic_names),
    )
    names: dict[str, Any] = {key: [_name(p.is_legal, name) for name in found] for key, found in kinds if found}
    said: dict[str, Any] = {"name": names}
    if p.addresses:
        said["geographicAddress"] = [address_json(a) for a in p.addresses]
    if p.national_id is not None:
        said["nationalIdentification"] = national_id_json(p.national_id)
    if p.customer_id:
        said["customerNumber" if p.is_legal else "customerIdentification"] = p.customer_id
    if p.birth is not None:
        said["dateAndPlaceOfBirth"] = {"dateOfBirth": p.birth.day.isoformat(), "placeOfBirth": p.birth.place}
    if p.country:
        said["countryOfRegistration" if p.is_legal else "countryOfResidence"] = p.country
    return {"legalPerson" if p.is_legal else "naturalPerson": said}


def _name(is_legal: bool, name: Name) -> dict[str, str]:
    if is_legal:
        return {"legalPersonName": name.primary, "legalPersonNameIdentifierType": name.type}
    return _without_empty(
        {"primaryIdentifier": name.primary, "secondaryIdentifier": name.secondary, "nameIdentifierType": name.type}
    )


def address_json(a: Address) -> dict[str, Any]:
    """One address as the standard writes it."""
    said: dict[str, Any] = {"addressType": a.type}
    said |= _without_empty({theirs: cast(str, getattr(a, ours)) for ours, theirs, _ in _LINES})
    return said | ({"addressLine": list(a.lines)} if a.lines else {}) | {"country": a.country}


def national_id_json(i: NationalId) -> dict[str, str]:
    """One number of a document as the standard writes it."""
    return _without_empty(
        {
            "nationalIdentifier": i.number,
            "nationalIdentifierType": i.type,
            "countryOfIssue": i.country,
            "registrationAuthority": i.authority,
        }
    )


def _without_empty(said: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in said.items() if text}


# --- read --------------------------------------------------------------------------------------------------------


def read(said: object) -> Payload:
    """The payload in a parsed JSON value. Raises Malformed `ivms101_invalid` naming every path that is wrong."""
    payload, faults = _Reading().payload(said)
    if faults:
        words = "; ".join(f"{fault.field}: {fault.message}" for fault in faults[:20])
        more = "" if len(faults) <= 20 else f"; and {len(faults) - 20} more"
        raise Malformed("ivms101_invalid", f"This is no IVMS101 payload: {words}{more}"[:4000], field=faults[0].field)
    return payload


def faults(said: object) -> list[FieldError]:
    """Everything that is wrong with it, path by path; empty for a good one."""
    return _Reading().payload(said)[1]


def check(payload: Payload) -> dict[str, Any]:
    """A payload of ours as JSON, read back first: what we send is as strict as what we take. Raises Malformed."""
    said = as_json(payload)
    read(said)
    return said


def read_address(said: object, path: str) -> tuple[Address, list[FieldError]]:
    """One address, as a customer states it, and what is wrong with it."""
    reading = _Reading()
    return reading.address(path, said), reading.faults


def read_national_id(said: object, path: str) -> tuple[NationalId, list[FieldError]]:
    """One number of a person's document, and what is wrong with it."""
    reading = _Reading()
    return reading.national_id(path, said, is_legal=False), reading.faults


@dataclass(slots=True)
class _Reading:
    """Reads piece by piece and collects what is wrong instead of stopping at the first fault."""

    faults: list[FieldError] = field(default_factory=list)

    def fault(self, path: str, message: str) -> None:
        self.faults.append(FieldError(path, "ivms101_invalid", message))

    def payload(self, said: object) -> tuple[Payload, list[FieldError]]:
        top = self.object(
            "",
            said,
            ("originator", "beneficiary"),
            ("originatingVASP", "beneficiaryVASP", "transferPath", "payloadMetadata"),
        )
        senders, sender_accounts = self.side("originator", top.get("originator", {}), "originatorPersons")
        receivers, receiver_accounts = self.side("beneficiary", top.get("beneficiary", {}), "beneficiaryPersons")
        for place, person in enumerate(senders):
            self.identified(f"originator.originatorPersons[{place}]", person)
        made = Payload(
            senders,
            sender_accounts,
            receivers,
            receiver_accounts,
            self.vasp("originatingVASP", top),
            self.vasp("beneficiaryVASP", top),
            self.path(top["transferPath"]) if "transferPath" in top else (),
            self.methods(top["payloadMetadata"]) if "payloadMetadata" in top else (),
        )
        return made, self.faults

    def side(self, path: str, said: object, persons: str) -> tuple[tuple[Person, ...], tuple[str, ...]]:
        line = self.object(path, said, (persons,), ("accountNumber",))
        people = tuple(
            self.person(f"{path}.{persons}[{place}]", item)
            for place, item in enumerate(self.array(f"{path}.{persons}", line.get(persons, []), least=1))
        )
        accounts = self.array(f"{path}.accountNumber", line.get("accountNumber", []))
        return people, tuple(
            self.text(f"{path}.accountNumber[{place}]", item, 100) for place, item in enumerate(accounts)
        )

    def vasp(self, key: str, top: Mapping[str, object]) -> Person | None:
        if key not in top:
            return None
        line = self.object(key, top[key], (key,))
        person = self.person(f"{key}.{key}", line.get(key, {}))
        if not person.is_legal:
            self.fault(f"{key}.{key}", "is a natural person; a provider is a firm")
        return person

    def path(self, said: object) -> tuple[tuple[Person, int], ...]:
        """C12: steps are numbered 1, 2, 3 … without a gap."""
        found = []
        line = self.object("transferPath", said, ("transferPath",))
        for place, item in enumerate(self.array("transferPath.transferPath", line.get("transferPath", []))):
            here = f"transferPath.transferPath[{place}]"
            step = self.object(here, item, ("intermediaryVASP", "sequence"))
            number = step.get("sequence")
            if type(number) is not int or number != place + 1:
                self.fault(f"{here}.sequence", f"is {number!r}; it must be {place + 1}"[:200])
            found.append((self.person(f"{here}.intermediaryVASP", step.get("intermediaryVASP", {})), place + 1))
        return tuple(found)

    def methods(self, said: object) -> tuple[str, ...]:
        here = "payloadMetadata.transliterationMethod"
        line = self.object("payloadMetadata", said, (), ("transliterationMethod",))
        items = self.array(here, line.get("transliterationMethod", []))
        return tuple(self.choice(f"{here}[{place}]", item, METHODS) for place, item in enumerate(items))

    def identified(self, path: str, person: Person) -> None:
        """C1, C4: of who sends, more is known than a name."""
        some = person.addresses or person.national_id is not None or person.customer_id or person.birth is not None
        if not some:
            what = "customerNumber" if person.is_legal else "customerIdentification, dateAndPlaceOfBirth"
            self.fault(path, f"needs one of geographicAddress, nationalIdentification, {what}")

    def person(self, path: str, said: object) -> Person:
        given = self.object(path, said, (), ("naturalPerson", "legalPerson"))
        if len(given) != 1:
            self.fault(path, f"says {len(given)} persons; it must say one, naturalPerson or legalPerson")
            return Person(())
        return self.legal(path, given["legalPerson"]) if "legalPerson" in given else self.natural(path, given)

    def natural(self, path: str, given: Mapping[str, object]) -> Person:
        here = f"{path}.naturalPerson"
        line = self.object(
            here,
            given["naturalPerson"],
            ("name",),
            (
                "geographicAddress",
                "nationalIdentification",
                "customerIdentification",
                "dateAndPlaceOfBirth",
                "countryOfResidence",
            ),
        )
        names, local, phonetic = self.names(f"{here}.name", line.get("name", {}), is_legal=False)
        return Person(
            names,
            False,
            local,
            phonetic,
            self.addresses(here, line),
            self.national_id(f"{here}.nationalIdentification", line["nationalIdentification"], is_legal=False)
            if "nationalIdentification" in line
            else None,
            self.maybe(here, line, "customerIdentification", 50),
            self.birth(f"{here}.dateAndPlaceOfBirth", line["dateAndPlaceOfBirth"])
            if "dateAndPlaceOfBirth" in line
            else None,
            self.country(f"{here}.countryOfResidence", line["countryOfResidence"])
            if "countryOfResidence" in line
            else "",
        )

    def legal(self, path: str, said: object) -> Person:
        here = f"{path}.legalPerson"
        line = self.object(
            here,
            said,
            ("name",),
            ("geographicAddress", "customerNumber", "nationalIdentification", "countryOfRegistration"),
        )
        names, local, phonetic = self.names(f"{here}.name", line.get("name", {}), is_legal=True)
        return Person(
            names,
            True,
            local,
            phonetic,
            self.addresses(here, line),
            self.national_id(f"{here}.nationalIdentification", line["nationalIdentification"], is_legal=True)
            if "nationalIdentification" in line
            else None,
            self.maybe(here, line, "customerNumber", 50),
            None,
            self.country(f"{here}.countryOfRegistration", line["countryOfRegistration"])
            if "countryOfRegistration" in line
            else "",
        )

    def names(
        self, path: str, said: object, is_legal: bool
    ) -> tuple[tuple[Name, ...], tuple[Name, ...], tuple[Name, ...]]:
        """C5, C6: among the names is the one that the law knows."""
        line = self.object(path, said, ("nameIdentifier",), ("localNameIdentifier", "phoneticNameIdentifier"))
        found = [
            tuple(
                self.name(f"{path}.{key}[{place}]", item, is_legal)
                for place, item in enumerate(self.array(f"{path}.{key}", line.get(key, []), least=least))
            )
            for key, least in (("nameIdentifier", 1), ("localNameIdentifier", 0), ("phoneticNameIdentifier", 0))
        ]
        if found[0] and not any(name.type == "LEGL" for name in found[0]):
            self.fault(f"{path}.nameIdentifier", "has no name of type LEGL, the one that the law knows")
        return found[0], found[1], found[2]

    def name(self, path: str, said: object, is_legal: bool) -> Name:
        if is_legal:
            line = self.object(path, said, ("legalPersonName", "legalPersonNameIdentifierType"))
            kind = "legalPersonNameIdentifierType"
            return Name(
                self.text(f"{path}.legalPersonName", line.get("legalPersonName", "?"), 100),
                type=self.choice(f"{path}.{kind}", line.get(kind, "LEGL"), LEGAL_NAMES),
            )
        line = self.object(path, said, ("primaryIdentifier", "nameIdentifierType"), ("secondaryIdentifier",))
        return Name(
            self.text(f"{path}.primaryIdentifier", line.get("primaryIdentifier", "?"), 100),
            self.maybe(path, line, "secondaryIdentifier", 100),
            self.choice(f"{path}.nameIdentifierType", line.get("nameIdentifierType", "LEGL"), NATURAL_NAMES),
        )

    def addresses(self, path: str, line: Mapping[str, object]) -> tuple[Address, ...]:
        here = f"{path}.geographicAddress"
        items = self.array(here, line.get("geographicAddress", []))
        return tuple(self.address(f"{here}[{place}]", item) for place, item in enumerate(items))

    def address(self, path: str, said: object) -> Address:
        """C8: lines, or a street with a number or the name of a house."""
        optional = tuple(theirs for _, theirs, _ in _LINES if theirs != "townName")
        line = self.object(path, said, ("addressType", "townName", "country"), (*optional, "addressLine"))
        texts = {
            ours: self.text(f"{path}.{theirs}", line[theirs], most) if theirs in line else ""
            for ours, theirs, most in _LINES
        }
        lines = self.array(f"{path}.addressLine", line.get("addressLine", []), most=7)
        made = Address(
            type=self.choice(f"{path}.addressType", line.get("addressType", "HOME"), ADDRESSES),
            country=self.country(f"{path}.country", line.get("country", "XX")),
            lines=tuple(self.text(f"{path}.addressLine[{place}]", item, 70) for place, item in enumerate(lines)),
            **texts,
        )
        if not made.lines and not (made.street_name and (made.building_number or made.building_name)):
            self.fault(path, "needs an addressLine, or a streetName with a buildingNumber or buildingName")
        return made

    def national_id(self, path: str, said: object, is_legal: bool) -> NationalId:
        """C7, C9, C10, C11: what fits a person and what fits a firm."""
        line = self.object(
            path,
            said,
            ("nationalIdentifier", "nationalIdentifierType"),
            ("countryOfIssue", "registrationAuthority"),
        )
        known = LEGAL_IDS if is_legal else NATIONAL_IDS
        made = NationalId(
            self.text(f"{path}.nationalIdentifier", line.get("nationalIdentifier", "?"), 35),
            self.choice(f"{path}.nationalIdentifierType", line.get("nationalIdentifierType", "MISC"), known),
            self.country(f"{path}.countryOfIssue", line["countryOfIssue"]) if "countryOfIssue" in line else "",
            self.maybe(path, line, "registrationAuthority", 8),
        )
        if made.authority and not _AUTHORITY.fullmatch(made.authority):
            self.fault(f"{path}.registrationAuthority", f"is {made.authority!r}; it must be RA and six digits")
        if made.type == "LEIX" and not is_lei(made.number):
            self.fault(f"{path}.nationalIdentifier", f"{made.number!r} is no LEI: 20 characters, the last two a check")
        if is_legal and made.country:
            self.fault(f"{path}.countryOfIssue", "is not said of a firm; the registration authority says it")
        if is_legal and (made.type == "LEIX") == bool(made.authority):
            what = "is not said beside an LEI" if made.authority else f"is missing; a {made.type} was issued by one"
            self.fault(f"{path}.registrationAuthority", what)
        return made

    def birth(self, path: str, said: object) -> Birth:
        """C2 (that the day is past) needs a clock: `is_born`."""
        line = self.object(path, said, ("dateOfBirth", "placeOfBirth"))
        text = line.get("dateOfBirth")
        day = date(1, 1, 1)
        try:
            if not isinstance(text, str) or not _DAY.fullmatch(text):
                raise ValueError
            day = date.fromisoformat(text)
        except ValueError:
            if "dateOfBirth" in line:
                self.fault(f"{path}.dateOfBirth", f"is {text!r}; it must be a day like 1990-12-31"[:200])
        return Birth(day, self.text(f"{path}.placeOfBirth", line.get("placeOfBirth", "?"), 70))

    def country(self, path: str, said: object) -> str:
        return self.choice(path, said, COUNTRIES | _XX, "an assigned country code of two capital letters, or XX")

    def choice(self, path: str, said: object, known: Collection[str], what: str | None = None) -> str:
        if isinstance(said, str) and said in known:
            return said
        self.fault(path, f"is {said!r}; it must be {what or 'one of ' + ', '.join(known)}"[:300])
        return next(iter(known))

    def maybe(self, path: str, line: Mapping[str, object], key: str, most: int) -> str:
        return self.text(f"{path}.{key}", line[key], most) if key in line else ""

    def text(self, path: str, said: object, most: int) -> str:
        """Printable, not empty, not longer than the standard allows."""
        if not isinstance(said, str):
            self.fault(path, f"is {type(said).__name__}; it must be a text")
            return "?"
        if not said.strip() or not said.isprintable():
            self.fault(path, "is empty or holds letters that nobody can see")
            return "?"
        if len(said) > most:
            self.fault(path, f"has {len(said)} letters; it may have {most}")
        return said

    def array(self, path: str, said: object, least: int = 0, most: int = 50) -> list[object]:
        if not isinstance(said, list):
            self.fault(path, f"is {type(said).__name__}; it must be a list")
            return []
        if not least <= len(said) <= most:
            self.fault(path, f"has {len(said)} items; it must have {least} to {most}")
        return said[:most]

    def object(
        self, path: str, said: object, keys: Collection[str], optional: Collection[str] = ()
    ) -> dict[str, object]:
        if not isinstance(said, dict):
            self.fault(path or "payload", f"is {type(said).__name__}; it must be an object")
            return {}
        dot = f"{path}." if path else ""
        known = {*keys, *optional}
        for key in said:
            if key not in known:
                self.fault(f"{dot}{str(key)[:60]}", f"is not known here; known are {', '.join([*keys, *optional])}")
        for key in keys:
            if key not in said:
                self.fault(f"{dot}{key}", "is missing")
        return {key: item for key, item in said.items() if key in known}


def is_lei(text: str) -> bool:
    """C11: an LEI's last two digits are its check (ISO 17442: ISO 7064, modulo 97)."""
    return _LEI.fullmatch(text) is not None and int("".join(str(int(letter, 36)) for letter in text)) % 97 == 1


def is_born(payload: Payload, today: date) -> bool:
    """C2: whoever was born was born before today."""
    people = (*payload.originators, *payload.beneficiaries)
    return all(person.birth is None or person.birth.day < today for person in people)


# --- names -------------------------------------------------------------------------------------------------------


def named(name: str, given_names: str = "") -> tuple[tuple[Name, ...], tuple[Name, ...], tuple[str, ...]]:
    """A name in Latin letters, the same in its own where those are others, and the schemes that lie between.

    Where nobody says which part is which, the whole name is the primary identifier, as the standard asks.
    """
    latin = Name(romanised(name), romanised(given_names))
    own = Name(name, given_names)
    if (latin.primary, latin.secondary) == (own.primary, own.secondary):
        return (latin,), (), ()
    return (latin,), (own,), tuple(sorted(schemes(name + given_names)))


def romanised(name: str) -> str:
    """The name in Latin letters; what is Latin already stays, with its accents."""
    written = unicodedata.normalize("NFC", name)
    if not schemes(written):
        return written
    return " ".join("".join(anyascii(letter) if schemes(letter) else letter for letter in written).split())


def schemes(text: str) -> set[str]:
    """The romanisation schemes of the scripts in it; empty for Latin letters, marks and spaces."""
    found = set()
    for letter in text:
        if letter.isalpha():
            script = unicodedata.name(letter, "?").split()[0]
            if script not in ("LATIN", "FEMININE", "MASCULINE", "MODIFIER"):
                found.add(SCRIPTS.get(script, "othr"))
    return found
