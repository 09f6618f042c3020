"""Exemptions from a place's delays, and warnings of the operator's own list: each step, and both sides of its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from refusal_kit import refused

from tidegate.base.refusals import Conflict, Malformed
from tidegate.policy.exemption import LONGEST, Exemption, check_approval, check_share, check_until
from tidegate.screening.travel_rule import Receiver
from tidegate.screening.warning import ListedWarning, Warned, check_insist
from tidegate.withdrawals.facts import OutsideAnswer, State
from tidegate.withdrawals.names.opinion import open_to

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
PROPOSED = Exemption(
    "exm_1", "KR", "cus_1", "Market maker", NOW + timedelta(days=30), "key_mei", NOW, None, None, None, None
)
AGREED: dict[str, Any] = {"approved_by": "key_ola", "approved_at": NOW}
ENDED: dict[str, Any] = {"ended_by": "key_ola", "ended_at": NOW}


@pytest.mark.parametrize(
    ("but", "later", "status"),
    [
        ({}, timedelta(0), "proposed"),
        (AGREED, timedelta(0), "in_force"),
        (AGREED, timedelta(days=30) - TICK, "in_force"),
        (AGREED, timedelta(days=30), "expired"),
        ({}, timedelta(days=30), "expired"),
        (AGREED | ENDED, timedelta(0), "ended"),
        (AGREED | ENDED, timedelta(days=30), "ended"),
        (ENDED, timedelta(0), "ended"),
    ],
)
def test_an_exemption_holds_between_its_approval_and_its_end(
    but: dict[str, Any], later: timedelta, status: str
) -> None:
    assert replace(PROPOSED, **but).status(NOW + later) == status


@pytest.mark.parametrize(
    ("after", "taken"), [(timedelta(0), False), (TICK, True), (LONGEST, True), (LONGEST + TICK, False)]
)
def test_an_exemption_lasts_a_year_at_most(after: timedelta, taken: bool) -> None:
    if taken:
        check_until(NOW + after, NOW)
        return
    with pytest.raises(Malformed, match="is not within the 366 days from now") as refused:
        check_until(NOW + after, NOW)
    assert (refused.value.code, refused.value.field) == ("until_invalid", "until")


@pytest.mark.parametrize(
    ("but", "is_author", "code"),
    [
        ({}, False, None),
        ({}, True, "approver_is_author"),
        (AGREED, False, "exemption_not_open"),
        (AGREED, True, "exemption_not_open"),
        (ENDED, False, "exemption_not_open"),
    ],
)
def test_a_second_person_agrees_once(but: dict[str, Any], is_author: bool, code: str | None) -> None:
    assert refused(lambda: check_approval(replace(PROPOSED, **but), is_author, NOW)) == code


@pytest.mark.parametrize(
    ("in_force", "customers", "percent", "room"),
    [(0, 100, 1, True), (1, 100, 1, False), (0, 99, 1, False), (4, 100, 5, True), (5, 100, 5, False), (0, 9, 0, False)],
)
def test_no_more_of_a_places_customers_are_exempt_than_its_share(
    in_force: int, customers: int, percent: int, room: bool
) -> None:
    if room:
        check_share(in_force, customers, percent, "KR")
        return
    words = f"KR lets {percent} % of its {customers} customers be exempt, and {in_force} are; end another first."
    with pytest.raises(Conflict) as refused:
        check_share(in_force, customers, percent, "KR")
    assert (refused.value.code, str(refused.value)) == ("exemption_share_full", words)


SHOWN = ListedWarning(
    "lwn_1", "cus_1", "wd_1", "ethereum", "evm", "0xab", "blocklist", "scam", "Kim", NOW, 1, "en", NOW, "{}"
)
READ = replace(SHOWN, acknowledged_at=NOW)


@pytest.mark.parametrize(
    ("warning", "party", "family", "address", "later", "code"),
    [
        (READ, "cus_1", "evm", "0xab", timedelta(0), None),
        (READ, "cus_1", "evm", "0xab", timedelta(hours=24) - TICK, None),
        (READ, "cus_1", "evm", "0xab", timedelta(hours=24), "warning_too_old"),
        (READ, "cus_2", "evm", "0xab", timedelta(0), "warning_of_another"),
        (READ, "cus_1", "tron", "0xab", timedelta(0), "warning_elsewhere"),
        (READ, "cus_1", "evm", "0xcd", timedelta(0), "warning_elsewhere"),
        (SHOWN, "cus_1", "evm", "0xab", timedelta(0), "warning_not_acknowledged"),
    ],
)
def test_who_read_a_warning_may_insist_for_a_day(
    warning: ListedWarning, party: str, family: str, address: str, later: timedelta, code: str | None
) -> None:
    assert refused(lambda: check_insist(warning, party, family, address, NOW + later, 24)) == code


@pytest.mark.parametrize(
    ("acknowledged", "insisted", "state"),
    [
        (None, None, "shown"),
        (NOW, None, "acknowledged"),
        (NOW, (), "acknowledged"),
        (NOW, ("wd_2",), "acknowledged"),  # another withdrawal insisted
        (NOW, ("wd_2", "wd_1"), "insisted"),
    ],
)
def test_how_far_a_warning_has_come(
    acknowledged: datetime | None, insisted: tuple[str, ...] | None, state: str
) -> None:
    assert Warned(0, "lwn_1", "blocklist", NOW, acknowledged, insisted).state("wd_1") == state


ANN, BEN = Receiver("Lee", "Ann"), Receiver("Lee", "Ben")


@pytest.mark.parametrize(
    ("states", "named", "before", "question"),
    [
        ({}, BEN, None, None),  # the policy asks nobody
        ({"travel_rule": State.PENDING}, BEN, None, None),
        ({"names": State.PENDING}, BEN, None, "names"),
        ({"names": State.ANSWERED}, BEN, None, "names_later"),
        ({"names": State.ERROR}, BEN, None, "names_later"),
        ({"names": State.TIMEOUT}, BEN, None, "names_later"),
        ({"names": State.ANSWERED}, BEN, ANN, "names_later"),
        ({"names": State.ANSWERED}, BEN, BEN, None),
        ({"names": State.ANSWERED}, None, None, None),
    ],
)
def test_which_question_asks_about_a_receiver_who_is_named_now(
    states: dict[str, State], named: Receiver | None, before: Receiver | None, question: str | None
) -> None:
    assert open_to(named, before, [OutsideAnswer(check, state) for check, state in states.items()]) == question
