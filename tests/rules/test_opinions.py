"""What is asked outside before coins leave, and what its answer asks for: what stands at an address, and names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from refusal_kit import refused

from tidegate.base.findings import Outcome
from tidegate.base.naming import NameFound, Person
from tidegate.base.outside import Opinion
from tidegate.p2p.orders.freshness import Change, too_new
from tidegate.policy import flow as policies
from tidegate.policy.pack import parse
from tidegate.screening.travel_rule import Receiver, Statement
from tidegate.withdrawals import destination
from tidegate.withdrawals.names import opinion

NUMBERS = parse(policies.shipped("demo")).screening  # shown from 0.50, a hit from 0.70
ADA, BOB = Person("Ada", date(1990, 1, 2), "DE"), Person("Bob")


@pytest.mark.parametrize(
    ("code", "token", "opinion"),
    [
        ("", False, Opinion(Outcome.ALLOW, "No contract stands there.")),
        ("", True, Opinion(Outcome.ALLOW, "No contract stands there.")),
        ("60", False, Opinion(Outcome.ALLOW, "A contract of 1 bytes stands there, and no token.")),
        (
            "60",
            True,
            Opinion(Outcome.DECLINE, "The contract of a token stands there; coins sent to it are lost."),
        ),
        ("ef0100" + "11" * 20, True, Opinion(Outcome.ALLOW, "No contract stands there.")),  # lent, a person's own
        (
            "ef0100" + "11" * 21,
            True,
            Opinion(Outcome.DECLINE, "The contract of a token stands there; coins sent to it are lost."),
        ),
        ("ef0101" + "11" * 20, False, Opinion(Outcome.ALLOW, "A contract of 23 bytes stands there, and no token.")),
    ],
)
def test_what_stands_at_the_address(code: str, token: bool, opinion: Opinion) -> None:
    assert destination.judge(bytes.fromhex(code), token) == opinion


@pytest.mark.parametrize(
    ("receiver", "asked"),
    [
        (None, [ADA]),
        (Receiver("Bob"), [ADA, BOB]),
        (Receiver("Lovelace", "Ada Augusta"), [ADA, Person("Ada Augusta Lovelace")]),
        (Receiver("Ada"), [ADA]),  # to themself
    ],
)
def test_whose_names_are_asked_for(receiver: Receiver | None, asked: list[Person]) -> None:
    assert opinion.to_ask("Ada", date(1990, 1, 2), "DE", Statement(receiver=receiver)) == asked


def found(id: str, score: str, *lists: str, name: str = "A. Lovelace") -> NameFound:
    return NameFound(id, name, Decimal(score), lists, ())


@pytest.mark.parametrize(
    ("ones", "outcome", "words"),
    [
        ([], Outcome.ALLOW, "Nobody of these names was found."),
        ([found("Q1", "0.49", "eu")], Outcome.ALLOW, "Nobody of these names was found."),
        ([found("Q1", "0.50", "eu")], Outcome.ALLOW, "Ada: A. Lovelace (Q1, 0.50, eu)"),
        ([found("Q1", "0.69")], Outcome.ALLOW, "Ada: A. Lovelace (Q1, 0.69, no list)"),
        ([found("Q1", "0.70", "a", "b", "c", "d")], Outcome.REVIEW, "Ada: A. Lovelace (Q1, 0.70, a, b, c)"),
        (
            [found("Q2", "0.60", "eu"), found("Q3", "0.90", "us"), found("Q1", "0.60", "un")],
            Outcome.REVIEW,
            "Ada: A. Lovelace (Q3, 0.90, us); Ada: A. Lovelace (Q1, 0.60, un); Ada: A. Lovelace (Q2, 0.60, eu)",
        ),
    ],
)
def test_a_hit_is_for_a_person_and_a_weaker_name_is_shown(ones: list[NameFound], outcome: Outcome, words: str) -> None:
    assert opinion.of([(ADA, ones), (BOB, [])], NUMBERS) == Opinion(outcome, words)


@pytest.mark.parametrize(("count", "more"), [(5, ""), (6, "; and 1 more"), (8, "; and 3 more")])
def test_of_many_the_first_five_are_written_out(count: int, more: str) -> None:
    said = opinion.of([(ADA, [found(f"Q{n}", "0.60", "eu") for n in range(count)])], NUMBERS)
    assert said.detail.count("Lovelace") == 5
    assert said.detail.endswith(f"(Q4, 0.60, eu){more}")


def test_what_a_service_says_at_length_is_cut() -> None:
    long = found("Q" * 50, "0.60", "l" * 300, name="n" * 200)
    ada = replace(ADA, name="a" * 200)
    assert opinion.of([(ada, [long])], NUMBERS).detail == f"{'a' * 100}: {'n' * 100} ({'Q' * 40}, 0.60, {'l' * 200})"
    assert len(opinion.of([(ada, [long] * 9)], NUMBERS).detail) == 2000


# --- which factor may release the coins of an order --------------------------------------------------------------

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
US, HOUR = timedelta(microseconds=1), timedelta(hours=1)
MAIL = Change("email_changed", NOW - 2 * HOUR, NOW + HOUR)


@pytest.mark.parametrize(
    ("since", "changes", "until"),
    [
        (NOW - HOUR, [], None),
        (NOW - HOUR, [MAIL], MAIL.ends_at),
        (MAIL.at, [MAIL], MAIL.ends_at),  # it came with the change
        (MAIL.at - US, [MAIL], None),  # it is older than the change
        (NOW - HOUR, [replace(MAIL, ends_at=NOW)], None),  # withdrawals pause no more
        (NOW - HOUR, [replace(MAIL, ends_at=NOW + US)], NOW + US),
        (NOW - HOUR, [MAIL, replace(MAIL, what="mfa_changed", ends_at=NOW + 2 * HOUR)], NOW + 2 * HOUR),
    ],
)
def test_a_factor_that_came_with_a_change_releases_nothing(
    since: datetime, changes: list[Change], until: datetime | None
) -> None:
    said = too_new("fac_1", since, changes, NOW)
    if said is None:
        assert until is None
        return
    assert said.until == until

    def refuse() -> None:
        raise said

    assert refused(refuse) == "factor_too_new"
