"""What can be appealed and seized in each status, and what the hold letter says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from refusal_kit import refused

from tidegate.base.refusals import Refusal
from tidegate.notifications import templates
from tidegate.withdrawals import appeals, seizure
from tidegate.withdrawals.letter import Known, letter
from tidegate.withdrawals.withdrawal import FINAL, Status, Withdrawal

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DOCUMENT = "0123456789abcdef" * 4
MADE = Withdrawal(
    id="wd_1",
    number=1,
    party_id="cus_1",
    requester="key_1",
    asset_id=1,
    network="evm-local",
    address="0x0000000000000000000000000000000000001234",
    memo="",
    saved_address_id="adr_1",
    units=100,
    fee_units=1,
    fee_ceiling_units=None,
    value=100,
    payload_hash="00",
    status=Status.IN_REVIEW,
    waiting_for=None,
    required_factor="totp",
    tries=0,
    decision_id="dec_1",
    release_at=NOW,
    expires_at=NOW,
    cleared=[],
    confirmed_at=NOW,
    authorised_at=None,
    tx=None,
    created_at=NOW,
    changed_at=NOW,
    ended_at=None,
)
APPEALABLE = {Status.DECLINED, Status.DELAYED, Status.IN_REVIEW, Status.RETURNED}


@pytest.mark.parametrize("status", list(Status))
def test_what_was_declined_held_or_returned_can_be_appealed(status: Status) -> None:
    made = replace(MADE, status=status)
    if status in APPEALABLE:
        appeals.check(made, None, None)
        return
    assert refused(lambda: appeals.check(made, None, None)) == "withdrawal_not_appealable"


@pytest.mark.parametrize(
    ("last", "closed_at", "code"),
    [
        (None, None, None),
        ("open", None, "appeal_open"),
        ("approved", NOW, "appeal_answered"),
        ("declined", NOW + SECOND, "appeal_answered"),
        ("declined", NOW - SECOND, None),  # something changed since
    ],
)
def test_one_appeal_at_a_time_and_a_next_one_against_something_new(
    last: str | None, closed_at: datetime | None, code: str | None
) -> None:
    assert refused(lambda: appeals.check(MADE, last, closed_at)) == code


@pytest.mark.parametrize(
    ("made", "last", "closed_at", "words"),
    [
        (
            replace(MADE, status=Status.PAYING),
            None,
            None,
            "wd_1 is paying; appeals are for declined, delayed, in_review, returned.",
        ),
        (MADE, "open", None, "People are looking at an appeal about wd_1 already."),
        (MADE, "declined", NOW, "The appeal about wd_1 was answered, and nothing changed since."),
    ],
)
def test_why_it_cannot_be_appealed_is_said(
    made: Withdrawal, last: str | None, closed_at: datetime | None, words: str
) -> None:
    with pytest.raises(Refusal, match=f"^{words}$"):
        appeals.check(made, last, closed_at)


@pytest.mark.parametrize("status", sorted(FINAL))
def test_an_appeal_outlives_a_no_and_ends_with_what_leaves_nothing_to_say(status: Status) -> None:
    ended = appeals.ended_by(status)
    assert {"withdrawal_review", "seizure"} <= set(ended)
    assert ("withdrawal_appeal" in ended) == (status in (Status.SETTLED, Status.CANCELLED, Status.SEIZED))


@pytest.mark.parametrize("status", list(Status))
def test_what_has_ended_or_is_being_paid_is_not_seized(status: Status) -> None:
    made = replace(MADE, status=status)
    if status not in FINAL | {Status.PAYING}:
        seizure.check_seizable(made)
        return
    assert refused(lambda: seizure.check_seizable(made)) == "withdrawal_not_seizable"


@pytest.mark.parametrize(
    ("reference", "document", "field"),
    [
        ("35 Gs 1/26", DOCUMENT, None),
        ("7", DOCUMENT, None),
        ("x" * 200, DOCUMENT, None),
        ("", DOCUMENT, "order_reference"),
        ("x" * 201, DOCUMENT, "order_reference"),
        (" 35", DOCUMENT, "order_reference"),
        ("3\n5", DOCUMENT, "order_reference"),
        ("35", DOCUMENT[1:], "document_sha256"),
        ("35", DOCUMENT.upper(), "document_sha256"),
        ("35", DOCUMENT + "\n", "document_sha256"),
    ],
)
def test_an_order_says_which_it_is(reference: str, document: str, field: str | None) -> None:
    if field is None:
        seizure.check_order(reference, document)
        return
    with pytest.raises(Refusal) as said:
        seizure.check_order(reference, document)
    assert said.value.field == field


@pytest.mark.parametrize(
    ("status", "appeal", "words"),
    [
        (Status.IN_REVIEW, None, "possible"),
        (Status.DECLINED, None, "possible"),
        (Status.AWAITING_CONFIRMATION, None, "support"),
        (Status.IN_REVIEW, "open", "open"),
        (Status.DECLINED, "approved", "approved"),
        (Status.DECLINED, "declined", "declined"),
        (Status.IN_REVIEW, "moot", "possible"),
    ],
)
def test_the_letter_says_how_an_appeal_stands(status: Status, appeal: str | None, words: str) -> None:
    said = letter(replace(MADE, status=status), [], Known(appeal=appeal))
    assert said is not None
    assert said.appeal["en"] == templates.APPEALS[words].en.replace("{id}", "wd_1")
    assert ("/v1/withdrawals/wd_1/appeal" in said.appeal["zh"]) == (words == "possible")


@pytest.mark.parametrize(
    ("confirmed_at", "codes", "step"),
    [(NOW, ["information_missing"], "expired_unanswered"), (None, [], "expired")],
)
def test_the_letter_says_which_deadline_passed(confirmed_at: datetime | None, codes: list[str], step: str) -> None:
    said = letter(replace(MADE, status=Status.EXPIRED, confirmed_at=confirmed_at, ended_at=NOW), [], Known())
    assert said is not None
    assert [reason["code"] for reason in said.reasons] == codes
    assert said.next_step == templates.NEXT_STEPS[step].both()


def test_the_letter_says_what_is_asked_and_until_when_in_both_languages() -> None:
    for what in ("source_of_funds", "Who is the receiver?"):
        said = letter(replace(MADE, status=Status.AWAITING_INFORMATION), [], Known(asked=what))
        assert said is not None
        assert said.ends_at == "2026-11-24T12:00:00Z"
        assert said.reasons == [{"code": "information_asked", **templates.information(what).both()}]
    assert "Who is the receiver?" in templates.information("Who is the receiver?").zh
