"""Webhooks: which addresses may be told, how deliveries are signed, when they are tried again, what they say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.base.refusals import Malformed
from tidegate.notifications.webhooks import endpoint, events
from tidegate.notifications.webhooks.endpoint import RETRIES, after, check_types, check_url, rest, signed, verify
from tidegate.notifications.webhooks.events import EVENTS, TYPES, told, wants
from tidegate.withdrawals import deciding
from tidegate.withdrawals.withdrawal import Status

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HERE = (ip_network("127.0.0.0/8"),)
SECRET = bytes(range(32))


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "https://hooks.example.com:8443/a/b?c=d",
        "https://8.8.8.8/",
        "https://[2606:2800:220:1::1]/",
    ],
)
def test_an_address_that_may_be_told(url: str) -> None:
    check_url(url, ())


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example.com/", "url_not_https"),
        ("http://8.8.8.8/", "url_not_https"),
        ("ftp://hooks.example.com/", "url_invalid"),
        ("file:///etc/passwd", "url_invalid"),
        ("hooks.example.com", "url_invalid"),
        ("https://", "url_invalid"),
        ("", "url_invalid"),
        ("https://user@hooks.example.com/", "url_invalid"),
        ("https://user:pass@hooks.example.com/", "url_invalid"),
        ("https://hooks.example.com/#part", "url_invalid"),
        ("https://hooks.example.com:0/", "url_invalid"),
        ("https://hooks.example.com:70000/", "url_invalid"),
        ("https://hooks.example.com/a b", "url_invalid"),
        ("https://hooks.example.com\\@8.8.8.8/", "url_invalid"),
        ("https://hooks.example.com/\n", "url_invalid"),
        ("https://höoks.example.com/", "url_invalid"),
        ("https://[::1", "url_invalid"),
        ("https://hooks.example.com/" + "x" * 500, "url_invalid"),
        ("https://127.0.0.1/", "url_private"),
        ("https://localhost/", "url_private"),
        ("https://a.localhost/", "url_private"),
        ("https://169.254.169.254/latest/meta-data", "url_private"),
        ("https://10.1.2.3/", "url_private"),
        ("https://[::1]/", "url_private"),
        ("https://[::ffff:10.0.0.1]/", "url_private"),
    ],
)
def test_an_address_that_may_not(url: str, code: str) -> None:
    with pytest.raises(Malformed) as refused:
        check_url(url, ())
    assert (refused.value.code, refused.value.field) == (code, "url")


def test_the_settings_may_name_networks_of_ones_own() -> None:
    for url in ("http://127.0.0.1:9000/", "https://127.0.0.1/", "http://localhost:9000/"):
        check_url(url, HERE)
    for url in ("http://10.0.0.1/", "http://[::1]/", "http://hooks.example.com/", "http://8.8.8.8/"):
        with pytest.raises(Malformed):
            check_url(url, HERE)


def test_an_address_of_the_longest_length() -> None:
    stem = "https://hooks.example.com/"
    check_url(stem + "x" * (endpoint.LONGEST_URL - len(stem)), ())
    with pytest.raises(Malformed):
        check_url(stem + "x" * (endpoint.LONGEST_URL - len(stem) + 1), ())


def test_types_are_named_or_every_one() -> None:
    assert check_types(["withdrawal.settled", "deposit.credited", "withdrawal.settled"]) == [
        "deposit.credited",
        "withdrawal.settled",
    ]
    assert check_types(["withdrawal.settled", "*"]) == ["*"]
    with pytest.raises(Malformed, match=r"withdrawal\.setled is no type"):
        check_types(["withdrawal.settled", "withdrawal.setled"])
    with pytest.raises(Malformed, match="no type of event is named"):
        check_types([])
    assert wants(["*"], "anything.new")
    assert wants(["withdrawal.settled"], "withdrawal.settled")
    assert not wants(["withdrawal.settled"], "withdrawal.declined")


@pytest.mark.parametrize("label", ["", " x", "x ", "x\ny", "x" * 101])
def test_a_label_is_one_line_for_people(label: str) -> None:
    with pytest.raises(Malformed, match="printable"):
        endpoint.check_label(label)
    endpoint.check_label("x" * 100)


# --- signatures --------------------------------------------------------------------------------------------------


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """Computed with `standardwebhooks` 1.1.0, the specification's own library; its README uses this secret and id."""
    secret = endpoint.from_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    body = '{"test": 2432232314}'
    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", at, body, [secret])
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert verify(headers, body, secret, at)


def test_whoever_has_either_secret_can_tell() -> None:
    old, new = b"o" * 32, b"n" * 32
    headers = signed("msg_1", NOW, "{}", [new, old])
    assert headers["webhook-signature"].count("v1,") == 2
    assert verify(headers, "{}", old, NOW)
    assert verify(headers, "{}", new, NOW)
    assert not verify(headers, "{}", SECRET, NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "٣"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
    ],
    ids=str,
)
def test_whoever_changes_a_header_is_found_out(change: dict[str, str]) -> None:
    headers = signed("msg_1", NOW, "{}", [SECRET])
    assert verify(headers, "{}", SECRET, NOW)
    assert not verify({**headers, **change}, "{}", SECRET, NOW)
    assert not verify(headers, "{ }", SECRET, NOW)
    assert not verify({}, "{}", SECRET, NOW)


@pytest.mark.parametrize(("seconds", "fresh"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_a_copy_is_good_for_five_minutes(seconds: int, fresh: bool) -> None:
    headers = signed("msg_1", NOW, "{}", [SECRET])
    assert verify(headers, "{}", SECRET, NOW + timedelta(seconds=seconds)) is fresh


@given(st.binary(min_size=1, max_size=64))
def test_a_secret_reads_back(secret: bytes) -> None:
    assert endpoint.from_text(endpoint.as_text(secret)) == secret


@pytest.mark.parametrize("text", ["", "whsec", "MfKQ", "whsec_!!!", "whsec_abc"])
def test_what_is_no_secret(text: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        endpoint.from_text(text)


# --- tries -------------------------------------------------------------------------------------------------------


def test_a_delivery_is_tried_ten_times_in_three_days_and_then_dead() -> None:
    assert [after(n, NOW).next_at - NOW for n in range(1, 10)] == list(RETRIES)
    assert all(after(n, NOW).status == "queued" for n in range(1, 10))
    assert after(10, NOW) == endpoint.Outcome("dead", NOW)
    assert timedelta(days=2, hours=20) < sum(RETRIES, timedelta()) < timedelta(days=3)
    assert sorted(RETRIES) == list(RETRIES)


def test_an_endpoint_rests_longer_and_longer_but_never_long() -> None:
    assert [rest(n).total_seconds() for n in (0, 1, 2, 3, 4, 8, 9, 10_000)] == [0, 0, 5, 10, 20, 320, 600, 600]


@pytest.mark.parametrize(("status", "taken"), [(199, False), (200, True), (204, True), (299, True), (300, False)])
def test_only_a_2xx_has_taken_it(status: int, taken: bool) -> None:
    assert endpoint.is_success(status) is taken


def test_when_an_endpoint_is_switched_off() -> None:
    days = endpoint.DISABLED_AFTER
    assert days == timedelta(days=5)
    assert endpoint.ends(500, NOW - days, NOW) is not None
    assert endpoint.ends(None, NOW - days, NOW) is not None
    assert endpoint.ends(500, NOW - days + timedelta(seconds=1), NOW) is None
    assert "410" in (endpoint.ends(410, NOW, NOW) or "")
    assert endpoint.ends(404, NOW, NOW) is None


# --- what is told ------------------------------------------------------------------------------------------------


def test_a_body_has_its_shape_to_the_letter() -> None:
    """Receivers rely on this. A change here is a new version, unless it only adds a field."""
    said = {"status": "settled", "from": "paying", "party": "cus_1", "tx": "0xab", "why": "because", "secret": 1}
    event = told((7, 2), NOW, "withdrawal.settled", "wd_1", said)
    assert event is not None
    assert event.body(42) == (
        '{"cursor":"7.2","data":{"customer":"cus_1","decision":null,"previous_status":"paying","release_at":null,'
        '"status":"settled","tx":"0xab","withdrawal":"wd_1"},"id":"msg_7_2","sequence":42,'
        '"timestamp":"2026-11-24T12:00:00Z","type":"withdrawal.settled","version":1}'
    )


def test_news_that_is_not_for_outside_is_nothing() -> None:
    for kind in ("payout.alarm", "case.evidence", "key.created", "factor.used", "webhook.dead", "made.up"):
        assert told((1, 0), NOW, kind, "x", {}) is None


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.type)
def test_every_type_shows_its_own_fields_and_no_other(event: events.Event) -> None:
    said = {name: f"<{name}>" for name in (*event.fields.values(), "name", "email", "reason", "why", "url", "note")}
    shown = told((1, 0), NOW, event.kind, "the subject", said)
    assert shown is not None
    assert set(shown.data) == {event.subject, *event.fields}
    assert shown.data[event.subject] == "the subject"
    assert json.loads(shown.body(1))["version"] == 1
    assert not set(event.fields.values()) & {"name", "email", "reason", "why", "url", "note", "address_text"}
    assert event.meaning.endswith(".")


def test_no_type_and_no_kind_stands_twice() -> None:
    assert len({e.type for e in EVENTS}) == len({e.kind for e in EVENTS}) == len(EVENTS)
    assert len(TYPES) == len(EVENTS) + 1


def test_every_state_of_a_withdrawal_and_of_a_lone_decision_is_told() -> None:
    assert {f"withdrawal.{status}" for status in Status} <= TYPES
    assert {f"decision.{status}" for status in deciding.Status} <= TYPES
