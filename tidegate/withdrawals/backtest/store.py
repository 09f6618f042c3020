"""SQL of back-tests: facts side by side, labels, and the one statement that runs every rule over every decision.

The statements about facts are made from the catalogue and from rules, so they are put together here; every number in
them is ours, every text is quoted by the language or the driver, and nothing is looked for in them as a parameter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from tidegate.base.findings import Outcome
from tidegate.db import Conn, row, rows, run
from tidegate.policy.language import Kind, Value
from tidegate.policy.rules import Mode
from tidegate.withdrawals.backtest.report import Group, Shadowed, Tried
from tidegate.withdrawals.vocabulary import VOCABULARY

_COLUMN = {
    Kind.MONEY: "numeric",
    Kind.UNITS: "numeric",
    Kind.NUMBER: "numeric",
    Kind.COUNT: "numeric",
    Kind.HOURS: "numeric",
    Kind.BOOL: "boolean",
    Kind.TEXT: "text",
    Kind.TEXTS: "text",  # a set goes as an array's text: PostgreSQL unpacks no list of lists
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision whose facts are to stand side by side."""

    id: str
    withdrawal_id: str | None
    stage: str
    at: datetime
    outcome: str
    facts: str


@dataclass(frozen=True, slots=True)
class Label:
    """What a person says came of a decision."""

    decision_id: str
    label: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ShadowPeople:
    rule: str
    people: int


@dataclass(frozen=True, slots=True)
class Looked:
    decisions: int
    first_at: datetime | None
    last_at: datetime | None


def unkept(conn: Conn, ids: Sequence[str]) -> list[Kept]:
    """Of these decisions those whose facts do not stand side by side yet."""
    return rows(
        conn,
        Kept,
        """
        SELECT id, withdrawal_id, stage, at, outcome, facts FROM decision d
         WHERE id = ANY(%(ids)s) AND stage IN ('request', 'confirm', 'decide')
           AND NOT EXISTS (SELECT FROM decision_fact f WHERE f.decision_id = d.id)
        """,
        {"ids": list(ids)},
    )


def keep(conn: Conn, decisions: Sequence[Kept], parties: Sequence[str], facts: Sequence[Mapping[str, Value]]) -> None:
    """Write facts side by side, one row per decision."""
    heads = {
        "decision_id": ("text", [d.id for d in decisions]),
        "withdrawal_id": ("text", [d.withdrawal_id for d in decisions]),
        "party_id": ("text", list(parties)),
        "stage": ("text", [d.stage for d in decisions]),
        "at": ("timestamptz", [d.at for d in decisions]),
        "outcome": ("text", [d.outcome for d in decisions]),
    }
    columns = heads | {
        name: (_COLUMN[type.kind], [_told(one[name]) for one in facts]) for name, type in VOCABULARY.items()
    }
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    takes = sql.SQL(", ").join(
        sql.SQL("{}::text[]" if name in VOCABULARY and VOCABULARY[name].kind is Kind.TEXTS else "{}").format(
            sql.Identifier(name)
        )
        for name in columns
    )
    lists = sql.SQL(", ").join(
        sql.SQL("{}::{}[]").format(sql.Placeholder(name), sql.SQL(kind)) for name, (kind, _) in columns.items()
    )
    statement = sql.SQL(
        "INSERT INTO decision_fact ({names}) SELECT {takes} FROM unnest({lists}) AS u ({names}) ON CONFLICT DO NOTHING"
    ).format(names=names, takes=takes, lists=lists)
    conn.execute(statement, {name: values for name, (_, values) in columns.items()})


def _told(value: Value) -> object:
    if not isinstance(value, frozenset):
        return value
    quoted = [item.replace("\\", "\\\\").replace('"', '\\"') for item in sorted(value)]
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"


def add_label(conn: Conn, label: Label) -> None:
    """Keep what a person says; what was said before stays, and the newest counts."""
    run(
        conn,
        """
        INSERT INTO decision_label (decision_id, label, reason, by, at)
        VALUES (%(decision)s, %(label)s, %(reason)s, %(by)s, %(at)s)
        """,
        {
            "decision": label.decision_id,
            "label": label.label,
            "reason": label.reason,
            "by": label.by,
            "at": label.at,
        },
    )


def labels(conn: Conn, decision_id: str) -> list[Label]:
    """Every label of a decision, oldest first."""
    return rows(
        conn,
        Label,
        "SELECT decision_id, label, reason, by, at FROM decision_label WHERE decision_id = %(id)s ORDER BY n",
        {"id": decision_id},
    )


def run_rules(
    conn: Conn, tried: Sequence[Tried], stages: Sequence[str], since: datetime | None, until: datetime | None
) -> tuple[list[Group], dict[str, int]]:
    """Every rule over every stored decision of these stages and this span: the groups of `report`, and how many
    different people each rule would have met.

    Each condition is computed once per decision (OFFSET keeps PostgreSQL from copying it into every count). What all
    rules said together is a pattern of bits, few of which differ: patterns are counted first, rules over the patterns.
    """
    where = sql.SQL(" AND ").join(
        [
            sql.SQL("stage = ANY({})").format(sql.Literal(list(stages))),
            *([] if since is None else [sql.SQL("at >= {}").format(sql.Literal(since))]),
            *([] if until is None else [sql.SQL("at < {}").format(sql.Literal(until))]),
        ]
    )
    text = statement(tried, where.as_string(conn))
    with conn.transaction():
        # One core, and room for what is counted twice: a back-test must not take the machine from the gate.
        conn.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        conn.execute("SET LOCAL work_mem = '256MB'")
        conn.execute("SET LOCAL jit = off")
        found = conn.execute(text.encode()).fetchall()
    groups, people = list[Group](), dict[str, int]()
    for is_people, outcome, would, truth, decisions, *counts in found:
        if is_people:
            people = dict(zip((one.name for one in tried), counts[::2], strict=True))
        else:
            fired, unknown = ([divmod(int(found or 0), _BESIDE) for found in counts[place::2]] for place in range(2))
            columns = [[pair[at] for pair in side] for at in (1, 0) for side in (fired, unknown)]
            groups.append(Group(outcome, would, truth, decisions, *columns))
    return groups, people


_BITS = 60
"""Rules whose answers fit into one whole number."""

_BESIDE = 10**9
"""Money is added up in units of so much, with one for each decision beside it: one sum gives both, exactly, for fewer
decisions than this."""

_WHOLE = {kind for kind, column in _COLUMN.items() if column == "numeric"}


def statement(tried: Sequence[Tried], where: str) -> str:
    """The whole statement: what runs, and what an operator may look at or run by hand."""
    named = {"amount_usd": VOCABULARY["amount_usd"]} | {name: type for one in tried for name, type in one.rule.facts}
    # A stored number is packed, and each use of it would unpack it again; what "+" returns is unpacked once.
    facts = ", ".join(f'{"+" if type.kind in _WHOLE else ""}"{name}" AS "{name}"' for name, type in named.items())
    judged = "".join(f", {one.sql} AS r{place}" for place, one in enumerate(tried))
    parts = [range(start, min(start + _BITS, len(tried))) for start in range(0, len(tried), _BITS)] or [range(0)]
    bits = [f"fired{n}" for n in range(len(parts))] + [f"unknown{n}" for n in range(len(parts))]
    says = [_bits(part, "IS TRUE") for part in parts] + [_bits(part, "IS NULL") for part in parts]
    marked = "".join(f", {said} AS {name}" for said, name in zip(says, bits, strict=True))
    met = ", ".join(f"bit_or(fired{n} | unknown{n}) AS met{n}" for n in range(len(parts)))
    counts = "".join(
        f", sum(beside) FILTER (WHERE {_has('fired', [place])}), sum(beside) FILTER (WHERE {_has('unknown', [place])})"
        for place in range(len(tried))
    )
    people = "".join(f", count(*) FILTER (WHERE {_has('met', [place])}), 0" for place in range(len(tried)))
    return f"""
        WITH judged AS MATERIALIZED (
            SELECT party_id, outcome, truth, beside{marked}
              FROM (SELECT party_id, outcome, truth, coalesce(amount_usd, 0) * {_BESIDE} + 1 AS beside{judged}
                      FROM (SELECT party_id, outcome, truth, {facts} FROM decision_facts_v WHERE {where} OFFSET 0) f
                    OFFSET 0) j
        ), patterns AS (
            SELECT outcome, truth, {", ".join(bits)}, count(*) AS decisions, sum(beside) AS beside
              FROM judged GROUP BY outcome, truth, {", ".join(bits)}
        ), met AS (SELECT {met} FROM judged GROUP BY party_id)
        SELECT false, outcome, would, truth, sum(decisions)::bigint{counts}
          FROM (SELECT *, {_would(tried)} AS would FROM patterns OFFSET 0) p GROUP BY outcome, would, truth
        UNION ALL
        SELECT true, NULL, NULL, NULL, count(*){people} FROM met
    """


def _bits(places: range, test: str) -> str:
    """One bit for each of these rules of whom the test holds."""
    bits = (f"CASE WHEN r{place} {test} THEN {1 << place % _BITS}::bigint ELSE 0 END" for place in places)
    return " | ".join(bits) or "0::bigint"


def _has(what: str, places: Iterable[int]) -> str:
    """Whether one of these rules has its bit."""
    masks = dict[int, int]()
    for place in places:
        masks[place // _BITS] = masks.get(place // _BITS, 0) | 1 << place % _BITS
    return " OR ".join(f"{what}{part} & {mask}::bigint <> 0" for part, mask in masks.items()) or "false"


def _would(tried: Sequence[Tried]) -> str:
    """What would have been decided: the strictest of what was, what each live rule asks for, and review where one
    cannot be answered."""
    live = [place for place, one in enumerate(tried) if one.mode is Mode.LIVE]
    cases = []
    for outcome in sorted(Outcome, key=lambda one: -one.severity):
        asks = f"outcome = '{outcome}' OR {_has('fired', (at for at in live if tried[at].rule.outcome is outcome))}"
        if outcome is Outcome.REVIEW:
            asks += f" OR {_has('unknown', live)}"
        cases.append(f"WHEN {asks} THEN '{outcome}'")
    return f"CASE {' '.join(cases)} END"


def shadowed(conn: Conn, version: int) -> list[Shadowed]:
    """What the rules in shadow of a version would have asked for, over the first decision about each withdrawal."""
    return rows(
        conn,
        Shadowed,
        """
        SELECT s.finding -> 'data' ->> 'rule' AS rule, s.finding ->> 'code' AS code, s.finding ->> 'outcome' AS asked,
               d.outcome, count(*) AS decisions, sum(f.amount_usd) AS usd,
               count(*) FILTER (WHERE f.truth = 'fraud') AS frauds, count(*) FILTER (WHERE f.truth = 'legit') AS legit
          FROM decision d
          JOIN decision_facts_v f ON f.decision_id = d.id
         CROSS JOIN LATERAL jsonb_array_elements(d.shadow::jsonb) AS s (finding)
         WHERE d.policy_version = %(version)s AND d.shadow <> '[]' AND d.stage IN ('request', 'decide')
           AND s.finding ->> 'code' IN ('analyst_rule', 'rule_unknown')
         GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        """,
        {"version": version},
    )


def shadow_people(conn: Conn, version: int) -> list[ShadowPeople]:
    """How many different people each of those rules met."""
    return rows(
        conn,
        ShadowPeople,
        """
        SELECT s.finding -> 'data' ->> 'rule' AS rule, count(DISTINCT f.party_id) AS people
          FROM decision d
          JOIN decision_fact f ON f.decision_id = d.id
         CROSS JOIN LATERAL jsonb_array_elements(d.shadow::jsonb) AS s (finding)
         WHERE d.policy_version = %(version)s AND d.shadow <> '[]' AND d.stage IN ('request', 'decide')
           AND s.finding ->> 'code' IN ('analyst_rule', 'rule_unknown')
         GROUP BY 1
        """,
        {"version": version},
    )


def looked_at(conn: Conn, version: int) -> Looked:
    """How many first decisions a version made, and from when to when."""
    found = row(
        conn,
        Looked,
        """
        SELECT count(*) AS decisions, min(at) AS first_at, max(at) AS last_at FROM decision
         WHERE policy_version = %(version)s AND stage IN ('request', 'decide')
        """,
        {"version": version},
    )
    assert found is not None
    return found
