"""A rule's SQL gives on a real PostgreSQL what the compiled rule gives, cell by cell, with the unknown and the huge."""

from __future__ import annotations

from random import Random

from psycopg import sql
from rule_kit import CATALOGUE, COLUMNS, meaning, random_facts, random_line

from tidegate.db import Conn
from tidegate.policy.language import Kind, Rule, Value, check, compile_pack, sql_condition, sql_counts

RULES = 600
AT_ONCE = 60
DECISIONS = 60


def keep(conn: Conn, decisions: list[dict[str, Value]]) -> None:
    """A table like the view of a back-test: one column per fact, NULL for unknown."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(COLUMNS[type.kind])) for name, type in CATALOGUE.items()
    )
    conn.execute(sql.SQL("CREATE TEMPORARY TABLE seen (n integer, {})").format(columns))
    places = sql.SQL(", ").join(sql.Placeholder() * (len(CATALOGUE) + 1))
    for n, facts in enumerate(decisions):
        row = [sorted(value) if isinstance(value, frozenset) else value for value in facts.values()]
        conn.execute(sql.SQL("INSERT INTO seen VALUES ({})").format(places), [n, *row])


def asked(conn: Conn, texts: list[str]) -> list[tuple[object, ...]]:
    return conn.execute(f"SELECT {', '.join(texts)} FROM seen ORDER BY n".encode()).fetchall()


def test_sql_and_the_program_agree_on_random_rules(conn: Conn) -> None:
    random = Random(42)
    decisions = [random_facts(random, unknown=random.choice([0, 0.2])) for _ in range(DECISIONS)]
    keep(conn, decisions)
    rules: list[Rule] = [check(random_line(random), CATALOGUE) for _ in range(RULES)]
    program = compile_pack({f"r{i}": one for i, one in enumerate(rules[:200])}, CATALOGUE)
    seen = {True: 0, False: 0, None: 0}
    for start in range(0, RULES, AT_ONCE):
        batch = rules[start : start + AT_ONCE]
        for facts, row in zip(decisions, asked(conn, [sql_condition(one) for one in batch]), strict=True):
            for one, found in zip(batch, row, strict=True):
                assert found is meaning(one, facts), (one, facts)
                seen[found] += 1
    for facts, row in zip(decisions, asked(conn, [sql_condition(one) for one in rules[:200]]), strict=True):
        fired = {one.name: one.certain or None for one in program.run(facts)}
        assert [fired.get(f"r{i}", False) for i in range(200)] == list(row)
    assert min(seen.values()) > 1_000


def test_counts_add_up_over_a_whole_view(conn: Conn) -> None:
    random = Random(3)
    decisions = [random_facts(random) for _ in range(DECISIONS)]
    keep(conn, decisions)
    rules = [check(random_line(random), CATALOGUE) for _ in range(20)]
    (row,) = conn.execute(f"SELECT {', '.join(map(sql_counts, rules))} FROM seen".encode()).fetchall()
    for i, one in enumerate(rules):
        answers = [meaning(one, facts) for facts in decisions]
        assert row[2 * i : 2 * i + 2] == (answers.count(True), answers.count(None))


def test_the_largest_rules_of_each_shape_run(conn: Conn) -> None:
    keep(conn, [dict.fromkeys(CATALOGUE)])
    lines = [
        "new_device" + " and new_device" * 298 + " -> review",
        "country in {" + ", ".join(f"'{i}'" for i in range(290)) + "} -> review",
        "not (" * 16 + "new_device" + ")" * 16 + " -> review",
        "min(" * 29 + "amount_usd" + ", 1)" * 29 + " > 1 -> review",
        "amount_usd" + " < amount_usd" * 140 + " -> review",
        "amount_units * (2147483647 * 2147483647) > 9223372036854775807 * amount_units -> review",
    ]
    assert asked(conn, [sql_condition(check(line, CATALOGUE)) for line in lines]) == [(None,) * len(lines)]


def test_every_kind_has_a_column() -> None:
    assert set(COLUMNS) == set(Kind)
