"""IVMS101: what is read strictly, what is refused and where, and that what was written is read back the same."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from real_data import data
from refusal_kit import refused

from tidegate.base.refusals import Malformed
from tidegate.parties.countries import COUNTRIES
from tidegate.screening import ivms101, travel_rule
from tidegate.screening.ivms101 import Address, Birth, Name, NationalId, Payload, Person
from tidegate.screening.travel_rule import Counterparty, Receiver, Sender, Statement

US = travel_rule.provider("Tidegate Exchange", "DE", "506700T7Z685VUOZL877")
THEM = travel_rule.provider("Bob VASP", "GB")
ADA = Sender("cus_1", "Ada Lovelace", "DE", date(1990, 12, 10))
BEN = Receiver("Clark", "Lawrence")
BOB = Counterparty("bob", "Bob VASP", "GB")
HOME = {"addressType": "HOME", "streetName": "Gasse", "buildingNumber": "1", "townName": "Wien", "country": "AT"}
STREET = Address("HOME", "Wien", "AT", street_name="Gasse", building_number="1")
GOOD: dict[str, Any] = {
    "originator": {
        "originatorPersons": [
            {
                "naturalPerson": {
                    "name": {
                        "nameIdentifier": [
                            {
                                "primaryIdentifier": "Howard",
                                "secondaryIdentifier": "Jane",
                                "nameIdentifierType": "LEGL",
                            }
                        ]
                    },
                    "geographicAddress": [HOME],
                    "nationalIdentification": {"nationalIdentifier": "1", "nationalIdentifierType": "CCPT"},
                    "customerIdentification": "2642",
                    "dateAndPlaceOfBirth": {"dateOfBirth": "1992-10-04", "placeOfBirth": "Wien"},
                    "countryOfResidence": "AT",
                }
            }
        ],
        "accountNumber": ["14HmBSwec8XrcWge9Zi1ZngNia64u3Wd2v"],
    },
    "beneficiary": {
        "beneficiaryPersons": [
            {
                "legalPerson": {
                    "name": {
                        "nameIdentifier": [
                            {"legalPersonName": "Bob Ltd", "legalPersonNameIdentifierType": "LEGL"},
                        ]
                    },
                    "nationalIdentification": {
                        "nationalIdentifier": "506700T7Z685VUOZL877",
                        "nationalIdentifierType": "LEIX",
                    },
                    "countryOfRegistration": "GB",
                }
            }
        ]
    },
}
ABSENT = object()
PERSON = "originator.originatorPersons[0].naturalPerson"
FIRM = "beneficiary.beneficiaryPersons[0].legalPerson"


def test_a_good_payload_is_read() -> None:
    payload = ivms101.read(GOOD)
    assert payload.originators[0].names == (Name("Howard", "Jane"),)
    assert payload.originators[0].birth == Birth(date(1992, 10, 4), "Wien")
    assert payload.beneficiaries[0].is_legal
    assert ivms101.as_json(payload) == GOOD


def firm(name: str, **more: Any) -> dict[str, Any]:
    said = {"legalPersonName": name, "legalPersonNameIdentifierType": "LEGL"}
    return {"legalPerson": {"name": {"nameIdentifier": [said], **more.pop("names", {})}, **more}}


def test_everything_that_can_be_said_is_read_and_written_by_its_name() -> None:
    said = copy.deepcopy(GOOD)
    person = said["originator"]["originatorPersons"][0]["naturalPerson"]
    spoken = [{"primaryIdentifier": "ハワード", "secondaryIdentifier": "J", "nameIdentifierType": "BIRT"}]
    person["name"] |= {"localNameIdentifier": spoken, "phoneticNameIdentifier": spoken}
    person["geographicAddress"].append(
        {"addressType": "GEOG", "townName": "Wien", "addressLine": ["Gasse 1", "Tür 2"], "country": "AT"}
    )
    local = {"localNameIdentifier": [{"legalPersonName": "ボブ", "legalPersonNameIdentifierType": "SHRT"}]}
    said["beneficiary"]["beneficiaryPersons"] = [firm("Bob Ltd", names=local, customerNumber="7")]
    said["beneficiary"]["accountNumber"] = ["1", "2"]
    lei = {"nationalIdentifier": "506700T7Z685VUOZL877", "nationalIdentifierType": "LEIX"}
    said["originatingVASP"] = {"originatingVASP": firm("We", nationalIdentification=lei)}
    said["beneficiaryVASP"] = {"beneficiaryVASP": firm("They", countryOfRegistration="GB")}
    steps = [firm("One"), firm("Two")]
    said["transferPath"] = {
        "transferPath": [{"intermediaryVASP": step, "sequence": n} for n, step in enumerate(steps, start=1)]
    }
    said["payloadMetadata"] = {"transliterationMethod": ["kana"]}
    payload = ivms101.read(said)
    assert ivms101.as_json(payload) == said
    assert [(step.names[0].primary, place) for step, place in payload.path] == [("One", 1), ("Two", 2)]
    assert payload.beneficiaries[0].local_names == (Name("ボブ", type="SHRT"),)


@pytest.mark.parametrize(
    ("path", "value", "field", "message"),
    [
        ("originator", ABSENT, "originator", "is missing"),
        (f"{PERSON}.geographicAddress", "x", f"{PERSON}.geographicAddress", "is str; it must be a list"),
        (
            f"{FIRM}.nationalIdentification.nationalIdentifier",
            "506700T7Z685VUOZL878",
            f"{FIRM}.nationalIdentification.nationalIdentifier",
            "'506700T7Z685VUOZL878' is no LEI: 20 characters, the last two a check",
        ),
        (
            f"{FIRM}.name.nameIdentifier[0].legalPersonNameIdentifierType",
            "ALIA",
            f"{FIRM}.name.nameIdentifier[0].legalPersonNameIdentifierType",
            None,
        ),
        (
            "transferPath",
            {"transferPath": [{"intermediaryVASP": firm("One"), "sequence": "1"}]},
            "transferPath.transferPath[0].sequence",
            "is '1'; it must be 1",
        ),
        ("transferPath", {"transferPath": 5}, "transferPath.transferPath", "is int; it must be a list"),
    ],
)
def test_what_a_fault_says(path: str, value: Any, field: str, message: str | None) -> None:
    said = copy.deepcopy(GOOD)
    put(said, path, value)
    (found,) = [fault for fault in ivms101.faults(said) if fault.field == field]
    assert found.code == "ivms101_invalid"
    assert message is None or found.message == message


FAULTS: list[tuple[str, Any, str]] = [
    (f"{PERSON}.name", {}, f"{PERSON}.name.nameIdentifier"),
    (f"{PERSON}.name.nameIdentifier", [], f"{PERSON}.name.nameIdentifier"),
    (f"{PERSON}.name.nameIdentifier[0].nameIdentifierType", "ALIA", f"{PERSON}.name.nameIdentifier"),
    (f"{PERSON}.name.nameIdentifier[0].nameIdentifierType", "SHRT", f"{PERSON}.name.nameIdentifier[0].nameIdentifier"),
    (f"{PERSON}.name.nameIdentifier[0].primaryIdentifier", "x" * 101, f"{PERSON}.name.nameIdentifier[0].primary"),
    (f"{PERSON}.name.nameIdentifier[0].primaryIdentifier", " ", f"{PERSON}.name.nameIdentifier[0].primaryIdentifier"),
    (f"{PERSON}.name.nameIdentifier[0].primaryIdentifier", "a\u202eb", f"{PERSON}.name.nameIdentifier[0].primary"),
    (f"{PERSON}.name.nameIdentifier[0].primaryIdentifier", 5, f"{PERSON}.name.nameIdentifier[0].primaryIdentifier"),
    (f"{PERSON}.name.nameIdentifier[0].lastName", "x", f"{PERSON}.name.nameIdentifier[0].lastName"),
    (f"{PERSON}.geographicAddress[0].country", "UK", f"{PERSON}.geographicAddress[0].country"),
    (f"{PERSON}.geographicAddress[0].country", ABSENT, f"{PERSON}.geographicAddress[0].country"),
    (f"{PERSON}.geographicAddress[0].townName", ABSENT, f"{PERSON}.geographicAddress[0].townName"),
    (f"{PERSON}.geographicAddress[0].addressType", "PBOX", f"{PERSON}.geographicAddress[0].addressType"),
    (f"{PERSON}.geographicAddress[0].buildingNumber", ABSENT, f"{PERSON}.geographicAddress[0]"),
    (f"{PERSON}.geographicAddress[0].streetName", ABSENT, f"{PERSON}.geographicAddress[0]"),
    (f"{PERSON}.geographicAddress[0].postCode", "1" * 17, f"{PERSON}.geographicAddress[0].postCode"),
    (f"{PERSON}.geographicAddress[0].addressLine", ["x"] * 8, f"{PERSON}.geographicAddress[0].addressLine"),
    (f"{PERSON}.nationalIdentification.nationalIdentifierType", "LEIX", f"{PERSON}.nationalIdentification.nationalId"),
    (f"{PERSON}.nationalIdentification.registrationAuthority", "RA12345", f"{PERSON}.nationalIdentification.regist"),
    (f"{PERSON}.dateAndPlaceOfBirth.dateOfBirth", "1992-02-30", f"{PERSON}.dateAndPlaceOfBirth.dateOfBirth"),
    (f"{PERSON}.dateAndPlaceOfBirth.dateOfBirth", "19921004", f"{PERSON}.dateAndPlaceOfBirth.dateOfBirth"),
    (f"{PERSON}.dateAndPlaceOfBirth.placeOfBirth", ABSENT, f"{PERSON}.dateAndPlaceOfBirth.placeOfBirth"),
    (f"{PERSON}.countryOfResidence", "at", f"{PERSON}.countryOfResidence"),
    (f"{PERSON}.customerIdentification", "x" * 51, f"{PERSON}.customerIdentification"),
    (f"{FIRM}.nationalIdentification.nationalIdentifier", "506700T7Z685VUOZL878", f"{FIRM}.nationalIdentification."),
    (f"{FIRM}.nationalIdentification.registrationAuthority", "RA000589", f"{FIRM}.nationalIdentification.registr"),
    (f"{FIRM}.nationalIdentification.nationalIdentifierType", "TXID", f"{FIRM}.nationalIdentification.registration"),
    (f"{FIRM}.nationalIdentification.nationalIdentifierType", "CCPT", f"{FIRM}.nationalIdentification.nationalIdent"),
    (f"{FIRM}.nationalIdentification.countryOfIssue", "GB", f"{FIRM}.nationalIdentification.countryOfIssue"),
    ("beneficiary.beneficiaryPersons", [], "beneficiary.beneficiaryPersons"),
    ("beneficiary.beneficiaryPersons[0]", {}, "beneficiary.beneficiaryPersons[0]"),
    ("beneficiary.accountNumber", "1", "beneficiary.accountNumber"),
    ("originator", ABSENT, "originator"),
    ("originatingVASP", {"originatingVASP": {"naturalPerson": {}}}, "originatingVASP.originatingVASP"),
    ("transferPath", {"transferPath": [{"intermediaryVASP": {}, "sequence": 2}]}, "transferPath.transferPath[0]."),
    ("payloadMetadata", {"transliterationMethod": ["latn"]}, "payloadMetadata.transliterationMethod[0]"),
    ("extra", 1, "extra"),
]


@pytest.mark.parametrize(("path", "value", "fault"), FAULTS, ids=[f"{p}={str(v)[:20]}" for p, v, _ in FAULTS])
def test_a_fault_is_named_with_its_path(path: str, value: Any, fault: str) -> None:
    said = copy.deepcopy(GOOD)
    put(said, path, value)
    found = ivms101.faults(said)
    assert any(f.field.startswith(fault) for f in found), found
    assert refused(lambda: ivms101.read(said)) == "ivms101_invalid"


def put(said: Any, path: str, value: Any) -> None:
    steps = path.replace("[", ".[").split(".")
    for step in steps[:-1]:
        said = said[int(step[1:-1])] if step.startswith("[") else said[step]
    last = steps[-1]
    if value is ABSENT:
        del said[last]
    elif last.startswith("["):
        said[int(last[1:-1])] = value
    else:
        said[last] = value


def test_who_sends_is_more_than_a_name() -> None:
    said = copy.deepcopy(GOOD)
    person = said["originator"]["originatorPersons"][0]["naturalPerson"]
    for key in ("geographicAddress", "nationalIdentification", "dateAndPlaceOfBirth"):
        del person[key]
    assert not ivms101.faults(said)
    del person["customerIdentification"]
    assert [f.field for f in ivms101.faults(said)] == ["originator.originatorPersons[0]"]


@pytest.mark.parametrize("said", [None, [], "x", 5, {"originator": [], "beneficiary": 3}, {"originator": {}}])
def test_whatever_a_counterparty_sends_has_faults_and_no_crash(said: object) -> None:
    assert ivms101.faults(said)


def test_the_samples_of_another_implementation_are_read() -> None:
    said = json.loads(data("ivms101/ivms101_identity_payload.json").read_text())
    assert ivms101.as_json(ivms101.read(said)) == said
    assert ivms101.is_born(ivms101.read(said), date(2026, 11, 25))


def test_the_sample_in_other_spellings_is_refused_path_by_path() -> None:
    found = ivms101.faults(json.loads(data("ivms101/ivms101_identity_payload_alt.json").read_text()))
    paths = {f.field for f in found}
    assert f"{PERSON}.name.nameIdentifiers" in paths
    assert f"{PERSON}.dateAndPlaceOfBirth.dob" in paths
    assert f"{PERSON}.country_of_residence" in paths


def test_two_persons_in_one_are_refused() -> None:
    both = json.loads(data("ivms101/ivms101_person_both_persons.json").read_text())
    said = copy.deepcopy(GOOD)
    put(said, "originator.originatorPersons[0]", both)
    assert any(f.field == "originator.originatorPersons[0]" for f in ivms101.faults(said))


def test_single_samples_are_read() -> None:
    for kind in ("natural", "legal"):
        said = copy.deepcopy(GOOD)
        sample = json.loads(data(f"ivms101/ivms101_person_{kind}_person.json").read_text())
        put(said, "originator.originatorPersons[0]", sample)
        faults = [f for f in ivms101.faults(said) if f.field.startswith("originator")]
        lei = [f for f in faults if "is no LEI" in f.message]  # the sample's LEI has a wrong check, so has its firm
        assert faults == lei


def test_born_today_is_not_born_before_today() -> None:
    payload = ivms101.read(GOOD)
    assert ivms101.is_born(payload, date(1992, 10, 5))
    assert not ivms101.is_born(payload, date(1992, 10, 4))


letters = st.characters(categories=["L", "N"])
short = st.text(letters, min_size=1, max_size=16)
names = st.builds(Name, short, st.one_of(st.just(""), short), st.just("LEGL"))
legal_names = st.builds(Name, short, type=st.just("LEGL"))
countries = st.sampled_from(sorted(COUNTRIES))
addresses = st.builds(
    Address, st.sampled_from(ivms101.ADDRESSES), short, countries, street_name=short, building_name=short, floor=short
) | st.builds(Address, st.just("GEOG"), short, countries, lines=st.lists(short, min_size=1, max_size=7).map(tuple))
naturals = st.builds(
    Person,
    st.lists(names, min_size=1, max_size=3).map(tuple),
    st.just(False),
    st.lists(names, max_size=2).map(tuple),
    st.lists(names, max_size=2).map(tuple),
    st.lists(addresses, max_size=2).map(tuple),
    st.none() | st.builds(NationalId, short, st.just("CCPT"), countries, st.just("RA000001")),
    short,
    st.none() | st.builds(Birth, st.dates(date(1900, 1, 1), date(2020, 1, 1)), short),
    st.just("") | countries,
)
legals = st.builds(
    Person,
    st.lists(legal_names, min_size=1, max_size=3).map(tuple),
    st.just(True),
    st.lists(legal_names, max_size=2).map(tuple),
    addresses=st.lists(addresses, max_size=2).map(tuple),
    national_id=st.just(NationalId("506700T7Z685VUOZL877", "LEIX"))
    | st.just(NationalId("5", "TXID", authority="RA000001")),
    customer_id=short,
    country=countries,
)
people = st.lists(naturals | legals, min_size=1, max_size=2).map(tuple)
accounts = st.lists(short, max_size=2).map(tuple)
payloads = st.builds(
    Payload,
    people,
    accounts,
    people,
    accounts,
    st.none() | legals,
    st.none() | legals,
    st.lists(legals, max_size=2).map(lambda firms: tuple((firm, n + 1) for n, firm in enumerate(firms))),
    st.lists(st.sampled_from(ivms101.METHODS), max_size=3).map(tuple),
)


@given(payloads)
def test_what_was_written_is_read_back_the_same(payload: Payload) -> None:
    assert ivms101.read(json.loads(json.dumps(ivms101.as_json(payload)))) == payload


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["originator", "originatorPersons", "name", "x"]), inner)
        ),
    )
)
def test_nothing_read_is_a_crash(said: object) -> None:
    ivms101.faults(said)


# --- our own message ---------------------------------------------------------------------------------------------

WHOLE = Statement(BEN, BOB, STREET)


@pytest.mark.parametrize(
    ("fields", "sender", "stated", "lacks"),
    [
        ("basic", ADA, Statement(BEN, BOB), ()),
        ("basic", ADA, Statement(None, BOB), ("beneficiary.name",)),
        ("basic", ADA, Statement(BEN, None), ("counterparty",)),
        ("basic", ADA, Statement(), ("counterparty", "beneficiary.name")),
        ("extended", ADA, Statement(BEN, BOB), ("originator.place_of_birth",)),
        ("extended", ADA, Statement(BEN, BOB, place_of_birth="London"), ()),
        ("extended", ADA, Statement(BEN, BOB, address=STREET), ()),
        ("extended", ADA, Statement(BEN, BOB, document=NationalId("1", "CCPT")), ()),
        ("extended", Sender("cus_1", "Ada", "DE", None), Statement(BEN, BOB), ("originator.address",)),
        (
            "extended",
            Sender("cus_1", "Ada", "DE", None),
            Statement(BEN, BOB, place_of_birth="London"),
            ("originator.address",),
        ),
        (
            "extended",
            Sender("cus_1", "Ada Ltd", "DE", date(1990, 1, 1), True),
            Statement(BEN, BOB, place_of_birth="London"),
            ("originator.address",),
        ),
    ],
)
def test_what_is_missing_is_named(fields: str, sender: Sender, stated: Statement, lacks: tuple[str, ...]) -> None:
    assert travel_rule.missing(fields, sender, stated) == lacks
    if lacks:
        with pytest.raises(ValueError):
            travel_rule.build(fields, sender, stated, "0xabc", US, THEM)
    else:
        assert travel_rule.build(fields, sender, stated, "0xabc", US, THEM)


def test_basic_says_no_more_than_names_and_accounts() -> None:
    said = travel_rule.build("basic", ADA, WHOLE, "0xabc", US, THEM)
    assert said["originator"] == {
        "originatorPersons": [
            {
                "naturalPerson": {
                    "name": {"nameIdentifier": [{"primaryIdentifier": "Ada Lovelace", "nameIdentifierType": "LEGL"}]},
                    "customerIdentification": "cus_1",
                }
            }
        ],
        "accountNumber": ["cus_1"],
    }
    assert said["beneficiary"]["accountNumber"] == ["0xabc"]
    assert "payloadMetadata" not in said


def test_extended_says_more() -> None:
    stated = Statement(BEN, BOB, STREET, NationalId("1", "CCPT"), "London")
    person = travel_rule.build("extended", ADA, stated, "0xabc", US, THEM)["originator"]["originatorPersons"][0]
    assert person["naturalPerson"]["geographicAddress"] == [HOME]
    assert person["naturalPerson"]["dateAndPlaceOfBirth"] == {"dateOfBirth": "1990-12-10", "placeOfBirth": "London"}
    assert person["naturalPerson"]["countryOfResidence"] == "DE"


def test_a_name_in_other_letters_is_said_in_both() -> None:
    stated = Statement(Receiver("王", "小明"), BOB)
    said = travel_rule.build("basic", Sender("cus_1", "Владимир", "DE", None), stated, "0xabc", US, THEM)
    names = said["beneficiary"]["beneficiaryPersons"][0]["naturalPerson"]["name"]
    assert names == {
        "nameIdentifier": [
            {"primaryIdentifier": "Wang", "secondaryIdentifier": "XiaoMing", "nameIdentifierType": "LEGL"}
        ],
        "localNameIdentifier": [
            {"primaryIdentifier": "王", "secondaryIdentifier": "小明", "nameIdentifierType": "LEGL"}
        ],
    }
    assert said["payloadMetadata"] == {"transliterationMethod": ["cyrl", "hani"]}
    assert not ivms101.faults(said)


@pytest.mark.parametrize(
    ("name", "latin", "schemes"),
    [
        ("Müller", "Müller", set()),
        ("O'Neill-Smith 2nd", "O'Neill-Smith 2nd", set()),
        ("Σωκράτης", "Sokratis", {"grek"}),
        ("김철수", "GimCheolSu", {"kore"}),
        ("さくら", "sakura", {"kana"}),
        ("Müller Иван", "Müller Ivan", {"cyrl"}),
        ("ሀ", "ha", {"othr"}),
    ],
)
def test_names_are_romanised(name: str, latin: str, schemes: set[str]) -> None:
    assert (ivms101.romanised(name), ivms101.schemes(name)) == (latin, schemes)


@given(st.text(st.characters(categories=["L"]), min_size=1, max_size=10))
def test_a_romanised_name_needs_no_scheme(name: str) -> None:
    assert not ivms101.schemes(ivms101.romanised(name))


def test_a_statement_is_kept_and_read_back() -> None:
    stated = Statement(Receiver("Firm", "", True), BOB, STREET, NationalId("1", "CCPT", "AT"), "London")
    assert travel_rule.read(travel_rule.as_json(stated)) == stated
    assert travel_rule.read({}) == Statement()
    assert WHOLE.with_more(Statement(Receiver("Other"))) == Statement(Receiver("Other"), BOB, STREET)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"beneficiary": {"name": ""}}, "beneficiary.name"),
        ({"beneficiary": {"name": "x" * 101}}, "beneficiary.name"),
        ({"beneficiary": {"name": "王" * 40}}, "beneficiary.name"),
        ({"beneficiary": {"name": "a\nb"}}, "beneficiary.name"),
        ({"counterparty": {"vasp_id": "bob", "name": "Bob", "country": "UK"}}, "counterparty.country"),
        ({"counterparty": {"vasp_id": "b" * 65, "name": "Bob", "country": "GB"}}, "counterparty.vasp_id"),
        ({"originator": {"address": {"townName": "Wien"}}}, "originator.address.addressType"),
        ({"originator": {"document": {"nationalIdentifier": "1"}}}, "originator.document.nationalIdentifierType"),
        ({"originator": {"place_of_birth": " "}}, "originator.place_of_birth"),
    ],
)
def test_a_statement_that_cannot_be_right_is_refused(said: dict[str, Any], field: str) -> None:
    with pytest.raises(Malformed) as refused:
        travel_rule.read(said)
    assert (refused.value.code, refused.value.field) == ("information_invalid", field)


def test_a_provider_has_an_lei_or_none() -> None:
    assert US.national_id == NationalId("506700T7Z685VUOZL877", "LEIX")
    with pytest.raises(ValueError):
        travel_rule.provider("Bob", "GB", "506700T7Z685VUOZL878")
