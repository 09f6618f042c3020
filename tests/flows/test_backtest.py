"""Back-tests on a real PostgreSQL: SQL says what the compiled rules say of every decision; people, money, frauds."""

from __future__ import annotations

import json
from random import Random

import pytest
from house import COIN_USDT as COIN
from house import LISTED, House, furnish
from rule_kit import line_about

from tidegate.base.findings import Outcome
from tidegate.base.refusals import Malformed, NotFound
from tidegate.db import Conn, connect
from tidegate.policy import flow as policies
from tidegate.policy.language import check, compile_pack, sql_condition
from tidegate.policy.rules import Mode, RuleBook, understood
from tidegate.withdrawals import replaying, store
from tidegate.withdrawals.backtest import flow
from tidegate.withdrawals.backtest.flow import keep_up
from tidegate.withdrawals.backtest.report import STAGES, Group, Report, Tried, put_together
from tidegate.withdrawals.vocabulary import VOCABULARY, values

TYPES = {"money": "numeric", "units": "numeric", "count": "numeric", "hours": "numeric", "yes or no": "boolean",
         "text": "text", "set of text": "text[]"}  # fmt: skip


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def rule(name: str, when: str, mode: str = "live") -> dict[str, str]:
    return {"name": name, "when": when, "mode": mode}


def book(*lines: dict[str, str]) -> RuleBook:
    return policies.draft_rules(list(lines), VOCABULARY)


def busy(house: House) -> None:
    """Some decisions of every kind."""
    for n in range(4):
        who = house.customer(level=n % 3, country=("DE", "MM")[n % 2], USDT=500_000 * COIN)
        for amount in ("5", "120", "999", "30000"):
            house.wait(minutes=7)
            asked = house.asked(who, amount, LISTED if n == 3 else house_address(n))
            if asked.status == "awaiting_confirmation" and n == 0:
                house.confirm(who, asked.id)


def house_address(n: int) -> str:
    return ("0x8617E340B3D01FA5F11F306F4090FD50E238070D", "0x27b1fdb04752bbc536007a920d24acb045561c26")[n % 2]


def test_every_fact_of_the_catalogue_has_its_column(conn: Conn) -> None:
    found = dict(
        conn.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = 'decision_facts_v'::regclass AND attnum > 0"
        ).fetchall()
    )
    missing = [
        f"ALTER TABLE decision_fact ADD COLUMN {name} {TYPES[type.kind]};"
        for name, type in VOCABULARY.items()
        if found.get(name) != TYPES[type.kind]
    ]
    view = "CREATE OR REPLACE VIEW decision_facts_v AS SELECT t.truth, f.* FROM … (as in 0020)"
    assert missing == [], "add a migration:\n" + "\n".join([*missing, view])


def test_sql_and_the_compiled_rules_agree_on_every_stored_decision(house: House) -> None:
    busy(house)
    while keep_up(house.conn, house.now):
        pass
    kept = house.conn.execute("SELECT decision_id FROM decision_fact ORDER BY decision_id").fetchall()
    assert len(kept) == house.conn.execute("SELECT count(*) FROM decision").fetchone()[0] >= 16  # type: ignore[index]
    random = Random(7)
    rules = {f"r{n}": check(line_about(random, VOCABULARY), VOCABULARY) for n in range(150)}
    program = compile_pack(rules, VOCABULARY)
    seen = {True: 0, False: 0, None: 0}
    text = f"SELECT decision_id, {', '.join(map(sql_condition, rules.values()))} FROM decision_facts_v"
    for id, *answers in house.conn.execute(text.encode()).fetchall():
        row = store.decision(house.conn, id)
        assert row is not None
        said = {one.name: one.certain or None for one in program.run(values(replaying.read(row.facts), VOCABULARY))}
        assert [said.get(name, False) for name in rules] == answers, id
        for answer in answers:
            seen[answer] += 1
    assert min(seen.values()) > 100, seen


def test_a_back_test_counts_people_money_and_what_would_have_been(house: House) -> None:
    ada, ben = house.customer(USDT=5_000 * COIN), house.customer(USDT=5_000 * COIN)
    for who, amount in ((ada, "60"), (ada, "70"), (ben, "80"), (ben, "5")):
        house.asked(who, amount)
    found = flow.run(
        house.conn,
        book(
            rule("large", "amount_usd > 55 -> delay 10"),
            rule("never", "hours_since_mfa_change < 5 and amount_usd > 75 -> step_up"),
            rule("trial", "amount_usd > 1 -> decline", "shadow"),
            rule("gone", "amount_usd > 1 -> decline", "off"),
        ),
        None,
        None,
        house.now,
    )
    assert (found.decisions, found.outcomes) == (
        4,
        {("allow", "allow"): 1, ("allow", "delay"): 2, ("allow", "review"): 1},
    )
    large, never, trial = found.rules
    assert (large.fired, large.people, large.held, large.delay_hours, large.stricter) == (3, 2, 210 * COIN, 30, 3)
    assert (never.fired, never.unknown, never.people, never.held, never.stricter) == (0, 1, 1, 80 * COIN, 1)
    assert (trial.mode, trial.fired, trial.people, trial.held) == ("shadow", 4, 2, 215 * COIN)


def test_the_whole_report_is_what_counting_decision_by_decision_gives(house: House) -> None:
    """130 rules of every outcome, live and in shadow, so that their answers need three numbers of bits."""
    busy(house)
    random = Random(11)
    many = book(
        *[rule(f"r{n:03}", line_about(random, VOCABULARY), ("live", "live", "shadow")[n % 3]) for n in range(130)]
    )
    for stage in ("request", "confirm"):
        found = flow.run(house.conn, many, None, None, house.now, stage)
        assert found == counted(house.conn, many, STAGES[stage])
    assert sum(line.fired for line in found.rules) > 0
    assert sum(line.unknown for line in found.rules) > 0


def counted(conn: Conn, book: RuleBook, stages: tuple[str, ...]) -> Report:
    """The slow way: one group per decision, each rule asked by its compiled program."""
    tried = [
        Tried(name, one, book.named(name).mode, "")
        for name, one in understood(book, (Mode.LIVE, Mode.SHADOW), VOCABULARY).items()
    ]
    program = compile_pack({one.name: one.rule for one in tried}, VOCABULARY)
    groups, met = [], {one.name: set[str]() for one in tried}
    for (id,) in conn.execute("SELECT id FROM decision WHERE stage = ANY(%s)", [list(stages)]).fetchall():
        row = store.decision(conn, id)
        assert row is not None
        facts = replaying.read(row.facts)
        known = values(facts, VOCABULARY)
        said = {one.name: one.certain for one in program.run(known)}
        usd = int(known["amount_usd"] or 0)  # type: ignore[call-overload]
        would = Outcome(row.outcome)
        for one in tried:
            if one.name in said:
                met[one.name].add(facts.party_id)
                asks = one.rule.outcome if said[one.name] else Outcome.REVIEW
                would = max(would, asks, key=lambda o: o.severity) if one.mode is Mode.LIVE else would
        fired, unknown = ([int(said.get(one.name) is answer) for one in tried] for answer in (True, False))
        groups.append(
            Group(row.outcome, would, None, 1, fired, unknown, [n * usd for n in fired], [n * usd for n in unknown])
        )
    return put_together(tried, groups, {name: len(people) for name, people in met.items()})


def test_the_span_and_the_stage_choose_the_decisions(house: House) -> None:
    ada = house.customer(USDT=5_000 * COIN)
    first = house.asked(ada, "60")
    house.wait(minutes=5)
    house.confirm(ada, first.id)
    house.asked(ada, "70")
    every = book(rule("every", "amount_usd >= 0 -> review"))

    def count(**span: object) -> int:
        asked = {"since": None, "until": None, "stage": "request", **span}
        return flow.run(house.conn, every, asked["since"], asked["until"], house.now, asked["stage"]).decisions  # type: ignore[arg-type]

    assert (count(), count(stage="confirm")) == (2, 1)
    assert (count(since=house.now), count(until=house.now)) == (1, 1)
    for wrong, code in (
        ({"since": house.now, "until": house.now}, "span_empty"),
        ({"stage": "pay"}, "stage_unknown"),
    ):
        with pytest.raises(Malformed) as refused:
            count(**wrong)
        assert refused.value.code == code
    with pytest.raises(Malformed, match="no rule"):
        flow.run(house.conn, book(rule("off", "level > 1 -> review", "off")), None, None, house.now)


def test_frauds_are_known_by_labels_and_by_cases_and_the_newest_word_counts(house: House) -> None:
    ada = house.customer(USDT=5_000 * COIN)
    asked = [house.asked(ada, amount) for amount in ("60", "70", "5", "6")]
    house.confirm(ada, asked[1].id)
    first = [json.loads(r.findings) is not None and r.id for r in map(house_decision(house), asked)]
    flow.label(house.conn, first[0], "legit", "He called", "mei", house.now)
    said = flow.label(house.conn, first[0], "fraud", "It was not him", "ola", house.now)
    assert [one.label for one in said] == ["legit", "fraud"]
    flow.label(house.conn, first[1], "legit", "Known, told at the confirmation", "ola", house.now)
    flow.label(house.conn, first[2], "fraud", "The same thief", "ola", house.now)
    found = flow.run(house.conn, book(rule("large", "amount_usd > 55 -> review")), None, None, house.now)
    (large,) = found.rules
    assert (found.frauds, found.legit, found.frauds_caught) == (2, 1, 1)
    assert (large.frauds_caught, large.false_positives) == (1, 1)
    with pytest.raises(Malformed):
        flow.label(house.conn, first[0], "perhaps", "x", "mei", house.now)
    with pytest.raises(NotFound):
        flow.label(house.conn, "dec_none", "fraud", "x", "mei", house.now)


def house_decision(house: House) -> object:
    def of(asked: object) -> store.DecisionRow:
        row = store.decision(house.conn, asked.decision_id)  # type: ignore[attr-defined]
        assert row is not None
        return row

    return of


def test_a_declined_case_is_a_fraud_until_somebody_says_otherwise(house: House) -> None:
    from tidegate.cases import flow as cases

    house.agree(rules=[rule("large", "amount_usd > 55 -> review")])
    ada = house.customer(USDT=5_000 * COIN)
    asked = house.asked(ada, "60")
    house.confirm(ada, asked.id)
    (case,) = cases.page(house.conn, "open")
    cases.answer(house.conn, case.id, "ola", "decline", "A mule", house.now)
    every = book(rule("every", "amount_usd > 0 -> review"))
    assert flow.run(house.conn, every, None, None, house.now).frauds == 1
    flow.label(house.conn, asked.decision_id, "legit", "We were wrong", "ola", house.now)
    found = flow.run(house.conn, every, None, None, house.now)
    assert (found.frauds, found.legit) == (0, 1)


def test_what_rules_in_shadow_would_have_done_is_summed_beside_what_was_decided(house: House) -> None:
    house.agree(
        rules=[
            rule("large", "amount_usd > 55 -> review", "shadow"),
            rule("late", "hours_since_mfa_change < 5 -> step_up", "shadow"),
            rule("silent", "amount_usd > 1000000 -> freeze", "shadow"),
        ]
    )
    ada, ben = house.customer(USDT=5_000 * COIN), house.customer(USDT=5_000 * COIN)
    for who, amount in ((ada, "60"), (ada, "70"), (ben, "5")):
        assert house.asked(who, amount).status == "awaiting_confirmation"
    version = policies.active(house.conn, house.now).version
    said = flow.shadow(house.conn, version, house.now)
    large, late, silent = said.rules
    assert (said.looked.decisions, large.fired, large.people, large.held) == (3, 2, 1, 130 * COIN)
    assert (late.unknown, late.people, late.stricter) == (3, 2, 3)
    assert (silent.fired, silent.people) == (0, 0)


def test_more_rules_than_fit_into_one_number_are_counted_right(house: House) -> None:
    for _ in range(2):
        house.asked(house.customer(USDT=5_000 * COIN), "60")
    many = book(*[rule(f"x{n:03}z", f"amount_usd > {n} -> review") for n in range(100)])
    found = flow.run(house.conn, many, None, None, house.now)
    assert [line.people for line in found.rules] == [2] * 60 + [0] * 40


def test_facts_are_kept_once_also_by_two_workers_and_can_be_made_anew(house: House, database_url: str) -> None:
    keep_up(house.conn, house.now)  # the reader is known from now on
    busy(house)
    with connect(database_url) as other, house.conn.transaction():
        assert keep_up(house.conn, house.now) > 0
        assert keep_up(other, house.now) == 0, "the other worker has the turn"
    before = house.conn.execute("SELECT * FROM decision_fact ORDER BY decision_id").fetchall()
    house.conn.execute("TRUNCATE decision_fact")
    house.conn.execute("UPDATE reader SET link = 0, position = -1 WHERE name = 'backtest'")
    while keep_up(house.conn, house.now):
        pass
    assert house.conn.execute("SELECT * FROM decision_fact ORDER BY decision_id").fetchall() == before
