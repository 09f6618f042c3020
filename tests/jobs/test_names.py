"""Names asked of a yente on loopback before coins leave: a hit is for a person, silence is never "nobody found"."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from house import House, furnish
from travel_kit import BOB, Answering, Heard, counterpart, under_law, usd

from tidegate.base.findings import Outcome
from tidegate.base.naming import NameFound, NoAnswer, Person
from tidegate.base.refusals import Conflict
from tidegate.cases import flow as cases
from tidegate.db import Conn, connect
from tidegate.integrations.yente import Yente
from tidegate.parties import flow as parties
from tidegate.parties.party import Verified
from tidegate.screening.travel_rule import Receiver, Statement
from tidegate.settings import NamesSettings, Settings
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import jobs as withdrawal_jobs
from tidegate.withdrawals import store
from tidegate.withdrawals.names import flow, jobs, opinion
from tidegate.withdrawals.withdrawal import Status
from tidegate.worker import loops, outside_of

COIN = 10**6
BEN = {"beneficiary": {"name": "Clark", "given_names": "Lawrence", "kind": "natural"}}


ASKING: dict[str, Any] = {
    "outside_checks": [{"check": "names", "from_value": "0"}],
    "deciding": {"outside_seconds": 300, "reserved_minutes": 15},
}


@pytest.fixture
def house(conn: Conn) -> House:
    furnished = furnish(conn)
    furnished.agree(**ASKING)
    return furnished


def knows(*people: tuple[str, str]) -> Callable[[Heard], Answering]:
    """A yente that knows (name, score)."""

    def say(heard: Heard) -> Answering:
        asked = heard.body["queries"]["person"]["properties"]["name"][0]
        results = [
            {"id": f"Q{n}", "caption": name, "score": float(score), "datasets": ["eu_fsf"], "properties": {}}
            for n, (name, score) in enumerate(people)
            if name.split()[-1] == asked.split()[-1]
        ]
        return Answering(200, json.dumps({"responses": {"person": {"status": 200, "results": results}}}).encode())

    return say


def asked(house: House, **more: Any) -> str:
    ada = house.customer(USDT=100 * COIN)
    verified = Verified(2, "Ada Lovelace", date(1990, 12, 10), "GB")
    parties.set_identity(house.conn, ada.id, verified, "test", house.now)
    return house.confirm(ada, house.asked(ada, "5", **more).id).id


def work(house: House, url: str, conn: Conn | None = None) -> int:
    yente = Yente(url, timeout=1)
    try:
        return jobs.ask(conn or house.conn, yente, lambda: house.setting, house.clock)
    finally:
        yente.close()


def state(house: House, id: str) -> tuple[str, str | None]:
    (question,) = store.outside_of(house.conn, id)
    return question.state, question.outcome


def test_it_waits_for_the_answer_and_goes_on_where_nobody_is_found(house: House) -> None:
    id = asked(house, stated=BEN)
    assert house.get(id).status is Status.SCREENING
    with counterpart(knows()) as (url, heard):
        assert work(house, url) == 1
        assert work(house, url) == 0
    assert house.get(id).status is Status.APPROVED
    assert [h.body["queries"]["person"]["properties"] for h in heard] == [
        {"name": ["Ada Lovelace"], "birthDate": ["1990-12-10"], "country": ["gb"]},
        {"name": ["Lawrence Clark"]},
    ]


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (("Ada Lovelace", "0.70"), Status.IN_REVIEW),
        (("Ada Lovelace", "0.69"), Status.APPROVED),
        (("Lawrence Clark", "0.95"), Status.IN_REVIEW),
        (("Lawrence Clark", "0.49"), Status.APPROVED),
    ],
)
def test_a_hit_on_either_name_is_for_a_person(house: House, found: tuple[str, str], status: Status) -> None:
    id = asked(house, stated=BEN)
    with counterpart(knows(found)) as (url, _):
        work(house, url)
    assert house.get(id).status is status
    if status is Status.IN_REVIEW:
        assert cases.about(house.conn, id)[0].reasons == ["outside_flagged"]
        (question,) = store.outside_of(house.conn, id)
        assert f"{found[0]} (Q0, {found[1]}, eu_fsf)" in question.detail


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: Answering(500),
        lambda _: Answering(302, b"", {"Location": "http://127.0.0.1:1/"}),
        lambda _: Answering(200, b"{}"),
        lambda _: Answering(200, b"[" * 60_000),
        lambda _: Answering(200, b" " * 5_000_000),
    ],
)
def test_what_is_no_answer_is_for_a_person(house: House, answer: Callable[[Heard], Answering]) -> None:
    id = asked(house)
    with counterpart(answer) as (url, _):
        work(house, url)
    assert (house.get(id).status, state(house, id)[0]) == (Status.IN_REVIEW, "error")
    assert cases.about(house.conn, id)[0].reasons == ["check_failed"]


def test_half_an_answer_is_none(house: House) -> None:
    id = asked(house, stated=BEN)
    answers = iter([knows(), lambda _: Answering(503)])
    with counterpart(lambda heard: next(answers)(heard)) as (url, _):
        work(house, url)
    assert state(house, id)[0] == "error"


def test_where_nobody_asks_it_times_out_and_a_person_looks(house: House) -> None:
    id = asked(house)
    house.wait(seconds=300)
    with counterpart(knows()) as (url, heard):
        assert work(house, url) == 0
    assert heard == []
    withdrawal_jobs.outside_due(house.conn, lambda: house.setting, house.clock)
    assert (house.get(id).status, state(house, id)) == (Status.IN_REVIEW, ("timeout", None))


def test_one_that_the_policy_cannot_judge_keeps_nobody_elses_answer(house: House) -> None:
    people = [house.customer(level=level, USDT=100 * COIN) for level in (3, 2, 3)]
    ids = [house.confirm(who, house.asked(who, "5", stated=BEN).id).id for who in people]  # type: ignore[arg-type]
    setting = house.setting
    limits = {level: limit for level, limit in setting.policy.limits_24h.items() if level != 2}
    silent = replace(setting, policy=replace(setting.policy, limits_24h=limits))
    with counterpart(knows()) as (url, _):
        yente = Yente(url, timeout=1)
        assert jobs.ask(house.conn, yente, lambda: silent, house.clock) == 3
        yente.close()
    assert [house.get(id).status for id in ids] == [Status.APPROVED, Status.SCREENING, Status.APPROVED]
    assert house.get(ids[1]).waiting_for == "person"


def test_two_workers_ask_once_and_one_that_died_leaves_it_to_the_next(house: House, database_url: str) -> None:
    id = asked(house)
    taken = flow.take(house.conn, ["ask_1"], house.now, house.now + withdrawal_jobs.ASK_AGAIN)
    assert [asked.ref for asked, _ in taken] == [id]

    def run(url: str) -> int:
        with connect(database_url) as conn:
            setting = withdrawals.setting(conn, house.now)
            return jobs.ask(conn, Yente(url), lambda: setting, house.clock)

    with counterpart(knows()) as (url, heard), ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(run, [url] * 3)) == 0
        house.now += withdrawal_jobs.ASK_AGAIN
        assert sum(pool.map(run, [url] * 3)) == 1
    assert len(heard) == 1
    assert house.get(id).status is Status.APPROVED


def test_the_first_answer_counts(house: House) -> None:
    id, setting = asked(house), house.setting
    ((question, people),) = flow.take(house.conn, ["ask_1"], house.now, house.now + withdrawal_jobs.ASK_AGAIN)
    assert flow.answered(house.conn, question, NoAnswer("late"), setting, house.now)
    assert not flow.answered(house.conn, question, [(person, []) for person in people], setting, house.now)
    assert (house.get(id).status, state(house, id)) == (Status.IN_REVIEW, ("error", None))


def test_a_worker_that_is_told_of_a_yente_asks_it(house: House, tmp_path: Any) -> None:
    id = asked(house)
    with counterpart(knows()) as (url, heard):
        (tmp_path / "key").write_text("k1\n")
        names = NamesSettings(url, "sanctions", tmp_path / "key")
        settings = Settings("postgresql://x/y", {}, tmp_path, tmp_path, tmp_path, names=names)
        made = loops({}, lambda: None, lambda _: "", house.clock, "w1", outside_of(settings))  # type: ignore[arg-type, return-value]
        (loop,) = [loop for loop in made if loop.name == "names"]
        assert loop.step(house.conn) == 1
    assert house.get(id).status is Status.APPROVED
    assert heard[0].headers["authorization"] == "ApiKey k1"


# --- a receiver who is named only when the hold letter asks ------------------------------------------------------


@pytest.fixture
def lawful(house: House) -> House:
    """Under a place that wants to know who receives, and where."""
    return under_law(house, usd("travel_rule", "5", over="at_least", fields="basic"), **ASKING)


def name(house: House, id: str, who: dict[str, Any] = BEN, **more: Any) -> Status:
    return withdrawals.state_receiver(house.conn, id, {**who, **more}, False, "test", house.setting, house.now).status


def names_of(heard: Sequence[Heard]) -> list[str]:
    return [h.body["queries"]["person"]["properties"]["name"][0] for h in heard]


@pytest.mark.parametrize(("score", "reviewed"), [("0.69", False), ("0.70", True)])
def test_who_is_named_after_the_names_were_checked_is_checked_too(lawful: House, score: str, reviewed: bool) -> None:
    id = asked(lawful)
    with counterpart(knows(("Lawrence Clark", score))) as (url, heard):
        work(lawful, url)
        assert lawful.get(id).status is Status.AWAITING_INFORMATION
        assert name(lawful, id, counterparty=BOB) is Status.SCREENING
        assert work(lawful, url) == 1
        assert names_of(heard) == ["Ada Lovelace", "Lawrence Clark"], "each is asked about once"
    answers = {q.check_id: q.outcome for q in store.outside_of(lawful.conn, id)}
    assert answers == {"names": "allow", "names_later": "review" if reviewed else "allow", "travel_rule": None}


def test_who_is_named_while_the_names_are_open_is_asked_about_with_them(lawful: House) -> None:
    id = asked(lawful)
    assert name(lawful, id, counterparty=BOB) is Status.SCREENING
    with counterpart(knows()) as (url, heard):
        assert work(lawful, url) == 1
        assert names_of(heard) == ["Ada Lovelace", "Lawrence Clark"]
    assert [q.check_id for q in store.outside_of(lawful.conn, id)] == ["names", "travel_rule"]


def test_an_answer_about_other_people_than_those_named_now_does_not_count(lawful: House) -> None:
    id = asked(lawful)
    ((question, people),) = flow.take(lawful.conn, ["ask_1"], lawful.now, lawful.now + withdrawal_jobs.ASK_AGAIN)
    name(lawful, id, counterparty=BOB)
    assert not flow.answered(lawful.conn, question, [(who, []) for who in people], lawful.setting, lawful.now)
    lawful.now += withdrawal_jobs.ASK_AGAIN
    with counterpart(knows()) as (url, heard):
        assert work(lawful, url) == 1
        assert names_of(heard) == ["Ada Lovelace", "Lawrence Clark"]


def test_who_was_checked_is_who_receives(lawful: House) -> None:
    other = {"beneficiary": {"name": "Doe", "given_names": "Jane", "kind": "natural"}}
    id = asked(lawful)
    with counterpart(knows()) as (url, heard):
        work(lawful, url)
        assert name(lawful, id) is Status.AWAITING_INFORMATION, "the provider is missing still"
        assert name(lawful, id, other) is Status.AWAITING_INFORMATION, "nobody was asked yet: a slip may be mended"
        work(lawful, url)
        assert names_of(heard) == ["Ada Lovelace", "Jane Doe"]
    with pytest.raises(Conflict) as refused:
        name(lawful, id, BEN, counterparty=BOB)
    assert refused.value.code == "receiver_screened"
    assert name(lawful, id, other, counterparty=BOB) is Status.SCREENING
    assert work(lawful, "http://127.0.0.1:1/") == 0


# --- rules -------------------------------------------------------------------------------------------------------


def found(*scores: str) -> Sequence[NameFound]:
    return [NameFound(f"Q{n}", f"Name {n}", Decimal(score), ("eu_fsf",), ()) for n, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("scores", "outcome", "words"),
    [
        ((), Outcome.ALLOW, "Nobody of these names was found."),
        (("0.49",), Outcome.ALLOW, "Nobody of these names was found."),
        (("0.50",), Outcome.ALLOW, "Ada: Name 0 (Q0, 0.50, eu_fsf)"),
        (("0.6999",), Outcome.ALLOW, "Ada: Name 0 (Q0, 0.70, eu_fsf)"),
        (("0.5", "0.70"), Outcome.REVIEW, "Ada: Name 1 (Q1, 0.70, eu_fsf); Ada: Name 0 (Q0, 0.50, eu_fsf)"),
    ],
)
def test_what_an_answer_asks_for(house: House, scores: tuple[str, ...], outcome: Outcome, words: str) -> None:
    numbers = house.setting.policy.screening
    said = opinion.of([(Person("Ada"), found(*scores))], numbers)
    assert (said.outcome, said.detail) == (outcome, words)


def test_a_long_answer_is_cut_and_says_so(house: House) -> None:
    said = opinion.of([(Person("Ada" * 100), found(*["0.9"] * 8))], house.setting.policy.screening)
    assert said.detail.endswith("; and 3 more")
    assert len(said.detail) <= 2000


def test_whom_to_ask_about() -> None:
    born = date(1990, 12, 10)
    ada = Person("Ada Lovelace", born, "GB")
    assert opinion.to_ask("Ada Lovelace", born, "GB", Statement()) == [ada]
    assert opinion.to_ask("Ada Lovelace", born, "GB", Statement(Receiver("Lovelace", "Ada"))) == [ada]
    assert opinion.to_ask("Ada Lovelace", born, "GB", Statement(Receiver("Clark"))) == [ada, Person("Clark")]
