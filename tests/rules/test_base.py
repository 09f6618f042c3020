"""Findings, ids, canonical text, times."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusal_kit import refused

from tidegate.base.authorisation import Authorisation
from tidegate.base.canonical import canonical, digest, readable
from tidegate.base.findings import Finding, Outcome, strictest
from tidegate.base.ids import new_id
from tidegate.base.mail import mail_address
from tidegate.base.sealing import NotSealedHere, key_id, seal, unseal
from tidegate.base.times import from_rfc3339, rfc3339

findings = st.lists(st.builds(Finding, st.just("c"), st.sampled_from(Outcome), st.just("W"), st.just("")), max_size=8)


def test_outcomes_stand_in_the_order_of_the_rulebook() -> None:
    assert [o.value for o in sorted(Outcome, key=lambda o: o.severity)] == [
        "allow",
        "step_up",
        "delay",
        "review",
        "decline",
        "freeze",
    ]


@given(findings, findings)
def test_more_evidence_never_weakens_an_outcome(some: list[Finding], more: list[Finding]) -> None:
    assert strictest(some + more).severity >= strictest(some).severity


@given(findings)
def test_the_order_of_findings_never_matters(some: list[Finding]) -> None:
    assert strictest(some) is strictest(some[::-1])


def test_nothing_found_is_allowed() -> None:
    assert strictest([]) is Outcome.ALLOW


def test_an_id_begins_with_its_millisecond() -> None:
    before = time.time_ns() // 10**6
    letters = new_id("wd").removeprefix("wd_")
    after = time.time_ns() // 10**6
    number = 0
    for letter in letters:
        number = number * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    assert before <= number >> 80 <= after
    assert number.bit_length() <= 128


def test_ids_sort_by_time_and_never_repeat() -> None:
    ids = [new_id("wd") for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert all(i.startswith("wd_") and len(i) == 29 for i in ids)
    assert sorted(i[:13] for i in ids) == [i[:13] for i in ids]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(json_values)
def test_canonical_text_is_one_ascii_line_of_json(value: object) -> None:
    text = canonical(value)
    assert text.isascii()
    assert "\n" not in text
    assert canonical(json.loads(text)) == text


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(plain_values)
def test_canonical_text_is_what_json_writes_of_sorted_keys(value: object) -> None:
    assert canonical(value) == json.dumps(value, sort_keys=True, separators=(",", ":"))
    assert readable(value) == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_every_kind_of_value_has_the_text_that_its_hashes_were_made_of() -> None:
    at = datetime(2026, 11, 24, 18, 39, 0, 5, tzinfo=timezone(timedelta(hours=8)))
    value = {
        2: [Outcome.DELAY, at, None, True, -1],
        "b": (2**53, 2**53 - 1),
        "a": Finding("c", Outcome.ALLOW, "W", 'é"', data={"z": "1", "y": "2"}),
        "s": frozenset({"b", "a"}),
    }
    assert canonical(value) == (
        '{"2":["delay","2026-11-24T10:39:00.000005Z",null,true,-1],'
        '"a":{"clause":"W","code":"c","data":{"y":"2","z":"1"},"detail":"\\u00e9\\"","ends_at":null,'
        '"outcome":"allow"},"b":["9007199254740992",9007199254740991],"s":["a","b"]}'
    )


def test_canonical_text_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": 2}) == canonical({"a": 2, "b": 1}) == '{"a":2,"b":1}'


def test_integers_that_readers_would_round_are_written_as_text() -> None:
    assert canonical([2**53 - 1, 2**53, -(2**60)]) == f'[9007199254740991,"9007199254740992","-{2**60}"]'


def test_a_float_has_no_canonical_form() -> None:
    with pytest.raises(TypeError):
        digest({"amount": 0.1})


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))])))
def test_times_go_to_text_and_back(at: datetime) -> None:
    assert from_rfc3339(rfc3339(at)) == at
    assert rfc3339(at).endswith("Z")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        from_rfc3339("2026-11-24T10:00:00")


# --- what is kept secret, signed and written to ------------------------------------------------------------------

KEY, OTHER, NONCE = bytes(range(32)), bytes(32), b"twelve bytes"
SEALED = bytes.fromhex("d8430ad4e80020b77477656c7665206279746573d9e0808c012e721d1b0e02d47d5de4f68e6d802ad8f0")


def test_a_sealed_secret_has_the_bytes_that_databases_hold() -> None:
    assert seal(KEY, NONCE, b"secret", "fac_1") == SEALED
    assert (SEALED[:8], SEALED[8:20]) == (key_id(KEY), NONCE)
    assert unseal(KEY, SEALED, "fac_1") == b"secret"


@pytest.mark.parametrize("key", [KEY, OTHER])
@pytest.mark.parametrize("place", [0, 7, 8, 19, 20, len(SEALED) - 1])
def test_who_changed_a_byte_or_has_another_key_reads_nothing(key: bytes, place: int) -> None:
    changed = SEALED[:place] + bytes([SEALED[place] ^ 1]) + SEALED[place + 1 :]
    with pytest.raises(NotSealedHere):
        unseal(key, changed, "fac_1")


def test_why_a_secret_cannot_be_read_is_said_without_the_key() -> None:
    with pytest.raises(NotSealedHere, match=f"^fac_1 was sealed with data key {key_id(KEY).hex()}, not with "):
        unseal(OTHER, SEALED, "fac_1")
    with pytest.raises(NotSealedHere, match=r"^the sealed secret of fac_2 was changed or belongs to something else$"):
        unseal(KEY, SEALED, "fac_2")


@pytest.mark.parametrize(
    ("key", "nonce"), [(KEY[:31], NONCE), (KEY + b"x", NONCE), (KEY, NONCE[:11]), (KEY, NONCE + b"x")]
)
def test_a_key_and_a_nonce_have_their_length(key: bytes, nonce: bytes) -> None:
    with pytest.raises(ValueError, match=r"^a data key has 32 bytes and a nonce 12$"):
        seal(key, nonce, b"secret", "fac_1")


def test_what_is_signed_of_an_authorisation_never_changes() -> None:
    said = Authorisation("wd_1", "evm-local", 31337, "USDT@evm-local", None, "0xb", "7", 2**60, 5, "dec_1", 3, "then")
    text = (
        '{"address":"0xb","asset":"USDT@evm-local","chain_id":31337,"contract":null,"decision_id":"dec_1",'
        '"fee_ceiling_units":5,"id":"wd_1","memo":"7","network":"evm-local","not_after":"then","policy_version":3,'
        '"units":"1152921504606846976"}'
    )
    assert said.payload() == b"tidegate authorisation v1\n" + text.encode()
    assert Authorisation.read(text) == said


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("a@b.co", True),
        (f"{'a' * 64}@b.co", True),
        (f"{'a' * 65}@b.co", False),
        (f"a@{'b.' * 125}co", True),  # 254 characters
        (f"a@{'b.' * 125}com", False),
        ("a@b", False),
        ("a@b.", False),
        ("a@@b.co", False),
        ("a b@c.co", False),
        ("a@b.co\n", False),
        ("a\x7f@b.co", False),
        ("", False),
        ("x" * 90, False),
    ],
)
def test_where_mail_may_go(text: str, right: bool) -> None:
    assert refused(mail_address, text) == (None if right else "email_invalid")
    if right:
        assert mail_address(text) == text
