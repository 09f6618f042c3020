"""Roles, scopes, keys and sessions: who may do what, from where and for how long."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.base.refusals import Forbidden, Malformed
from tidegate.parties import access, sitting
from tidegate.parties.access import ROLES, SCOPES, WRITES, Identity, allows
from tidegate.parties.sitting import Sitting

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("needed", "roles"),
    [
        ("customers:read", set(ROLES)),
        ("customers:write", {"integrator"}),
        ("customers:freeze", set(ROLES) - {"auditor", "treasury"}),
        ("identity:write", {"integrator", "compliance"}),
        ("factors:write", {"integrator"}),
        ("addresses:write", {"integrator", "customer"}),
        ("deposits:write", {"integrator", "customer"}),
        ("withdrawals:read", set(ROLES)),
        ("withdrawals:write", {"integrator", "customer"}),
        ("withdrawals:seize", {"compliance"}),
        ("cases:read", {"analyst", "compliance", "treasury", "support", "auditor", "admin"}),
        ("cases:answer", {"analyst", "compliance", "treasury"}),
        ("lists:write", {"compliance", "admin"}),
        ("restrictions:write", {"compliance", "admin"}),
        ("policy:write", {"analyst", "compliance", "admin"}),
        ("policy:approve", {"compliance", "treasury", "admin"}),
        ("switches:write", {"compliance", "treasury", "admin"}),
        ("treasury:write", {"treasury", "admin"}),
        ("keys:write", {"admin"}),
        ("keys:read", {"auditor", "admin"}),
        ("journal:read", {"analyst", "compliance", "treasury", "auditor", "admin"}),
        ("webhooks:read", {"analyst", "compliance", "treasury", "auditor", "admin"}),
        ("webhooks:write", {"admin"}),
        ("travel_rule:review", {"analyst", "compliance"}),
    ],
)
def test_a_scope_belongs_to_these_roles_and_no_other(needed: str, roles: set[str]) -> None:
    assert {role for role in ROLES if allows(role, None, needed)} == roles


def test_every_scope_is_somebodys_and_every_role_has_only_known_ones() -> None:
    assert frozenset().union(*ROLES.values()) == SCOPES


def test_an_auditor_reads_everything_and_changes_nothing() -> None:
    assert ROLES["auditor"] == SCOPES - WRITES
    assert all(scope.endswith(":read") for scope in ROLES["auditor"])


def test_nobody_both_asks_for_a_withdrawal_and_answers_its_case() -> None:
    assert not [role for role, scopes in ROLES.items() if {"withdrawals:write", "cases:answer"} <= scopes]


@given(
    st.sampled_from(sorted(ROLES)),
    st.none() | st.sets(st.sampled_from(sorted(SCOPES)) | st.text(max_size=9)),
    st.sampled_from(sorted(SCOPES)),
)
def test_narrowing_a_key_never_gives_it_more(role: str, scopes: Collection[str] | None, needed: str) -> None:
    if allows(role, scopes, needed):
        assert allows(role, None, needed)
        assert scopes is None or needed in scopes


def test_a_key_may_what_is_left_of_its_role() -> None:
    assert access.allows("integrator", None, "withdrawals:write")
    assert access.allows("integrator", ["withdrawals:write"], "withdrawals:write")
    assert not access.allows("integrator", ["withdrawals:read"], "withdrawals:write")


def test_an_unknown_role_may_do_nothing() -> None:
    assert not any(allows("root", None, scope) for scope in SCOPES)


def test_a_missing_scope_is_said_by_name() -> None:
    caller = Identity("key_1", "support", access.effective("support", None), None, "Sam")
    caller.require("customers:read")
    assert caller.may("customers:read")
    assert not caller.may("lists:write")
    with pytest.raises(Forbidden) as refused:
        caller.require("lists:write")
    assert refused.value.code == "scope_missing"
    assert "lists:write" in refused.value.message


def test_a_customer_acts_in_their_own_name() -> None:
    assert Identity("key_1", "customer", frozenset(), "cus_1", "Ana").actor == "cus_1"
    assert Identity("key_1", "support", frozenset(), None, "Sam").actor == "key_1"


def check(
    role: str = "integrator",
    label: str = "shop backend",
    party_id: str | None = None,
    scopes: Collection[str] | None = None,
    addresses: Collection[str] | None = None,
    expires_at: datetime | None = None,
) -> None:
    access.check_key(role, label, party_id, scopes, addresses, expires_at, NOW)


def test_good_keys_pass() -> None:
    check()
    check(label="l")
    check(label="l" * 100)
    check("customer", party_id="cus_1")
    check(scopes=["withdrawals:read"], addresses=["10.0.0.0/8", "2001:db8::/32"], expires_at=NOW + SECOND)


@pytest.mark.parametrize(
    ("wrong", "code", "field", "words"),
    [
        (
            {"role": "root" + "x" * 40},
            "role_unknown",
            "role",
            f"'root{'x' * 36}' is not a role; known are integrator, ",
        ),
        ({"label": ""}, "label_invalid", "label", "Name whose key it is in 1 to 100 printable characters"),
        ({"label": "l" * 101}, "label_invalid", "label", "Name"),
        ({"label": "a\nb"}, "label_invalid", "label", "Name"),
        ({"label": " a"}, "label_invalid", "label", "Name"),
        ({"role": "customer"}, "party_mismatch", "party_id", "Exactly the role customer names a customer"),
        ({"party_id": "cus_1"}, "party_mismatch", "party_id", "Exactly"),
        ({"scopes": []}, "scopes_invalid", "scopes", "No scope does not narrow the role integrator, which has "),
        ({"scopes": ["keys:write", "a:b"]}, "scopes_invalid", "scopes", "a:b, keys:write does not narrow"),
        ({"addresses": []}, "addresses_invalid", "addresses", "A key without any address could not be used"),
        ({"addresses": ["10.0.0.1/8"]}, "addresses_invalid", "addresses", "'10.0.0.1/8' is not a network like "),
        ({"addresses": ["localhost"]}, "addresses_invalid", "addresses", "'localhost' is not a network like "),
        ({"expires_at": NOW}, "expires_at_past", "expires_at", "The key would have expired already"),
    ],
)
def test_a_good_key_but_with_one_thing_wrong_is_refused(
    wrong: dict[str, object], code: str, field: str, words: str
) -> None:
    with pytest.raises(Malformed) as refused:
        check(**wrong)  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.field) == (code, field)
    assert str(refused.value).startswith(words)


@pytest.mark.parametrize(
    ("login", "taken"),
    [("a", False), ("ab", True), ("a" * 100, True), ("a" * 101, False), ("ab ", False), ("a\nb", False)],
)
def test_a_name_to_sign_in_by_can_be_typed_again(login: str, taken: bool) -> None:
    if taken:
        access.check_login(login)
        return
    with pytest.raises(Malformed, match="is no name to sign in by; give 2 to 100 printable characters") as refused:
        access.check_login(login)
    assert (refused.value.code, refused.value.field) == ("login_invalid", "login")


@pytest.mark.parametrize(
    ("addresses", "ip", "may"),
    [
        (None, None, True),
        (None, "203.0.113.9", True),
        (["10.0.0.0/8"], "10.255.255.255", True),
        (["10.0.0.0/8"], "::ffff:10.1.2.3", True),
        (["203.0.113.9", "2001:db8::/32"], "2001:db8::1", True),
        (["10.0.0.0/8"], "11.0.0.0", False),
        (["10.0.0.0/8"], "2001:db8::1", False),
        (["10.0.0.0/8"], None, False),
        (["0.0.0.0/0"], "nonsense", False),
    ],
)
def test_a_key_is_used_from_its_own_networks_only(addresses: list[str] | None, ip: str | None, may: bool) -> None:
    assert access.calls_from(addresses, ip) is may


@pytest.mark.parametrize(
    ("who", "signed_in", "idle", "over"),
    [
        (sitting.STAFF, timedelta(0), timedelta(0), False),
        (sitting.STAFF, timedelta(hours=1), timedelta(minutes=30) - SECOND, False),
        (sitting.STAFF, timedelta(hours=1), timedelta(minutes=30), True),
        (sitting.STAFF, timedelta(hours=12) - SECOND, timedelta(0), False),
        (sitting.STAFF, timedelta(hours=12), timedelta(0), True),
        (sitting.CUSTOMERS, timedelta(hours=1), timedelta(minutes=15) - SECOND, False),
        (sitting.CUSTOMERS, timedelta(hours=1), timedelta(minutes=15), True),
        (sitting.CUSTOMERS, timedelta(hours=12) - SECOND, timedelta(0), False),
        (sitting.CUSTOMERS, timedelta(hours=12), timedelta(0), True),
    ],
)
def test_a_session_ends_after_a_while_idle_or_twelve_hours(
    who: Sitting, signed_in: timedelta, idle: timedelta, over: bool
) -> None:
    assert who.over(NOW - signed_in, NOW - idle, NOW) is over
