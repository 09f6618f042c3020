"""Back-tests, labels, and what rules in shadow would have done: keep the facts up to date, then count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.base.refusals import Malformed, NotFound
from tidegate.db import Conn, Tx, act, reader
from tidegate.db.journal import News
from tidegate.parties.party import check_reason
from tidegate.policy import flow as policies
from tidegate.policy import rules
from tidegate.policy.language import sql_condition
from tidegate.policy.rules import Mode, RuleBook
from tidegate.withdrawals import replaying
from tidegate.withdrawals import store as withdrawals
from tidegate.withdrawals.backtest import report, store
from tidegate.withdrawals.backtest.report import Report, RuleReport, Tried
from tidegate.withdrawals.backtest.store import Label, Looked
from tidegate.withdrawals.vocabulary import VOCABULARY, values

READER = "backtest"
AT_ONCE = 500

LABELS = ("fraud", "legit")


def keep_up(conn: Conn, now: datetime, *, wait: bool = False) -> int:
    """Put the facts of decisions that were made since side by side; how much news was read. Behind the journal, so
    that no decision waits for it, and nothing is missed: a journal's links commit in order."""
    return reader.read_all(conn, READER, _keep, now, AT_ONCE, wait=wait)


def _keep(tx: Tx, news: Sequence[News]) -> None:
    made = store.unkept(tx.conn, sorted({id for item in news if (id := _decision_of(item)) is not None}))
    facts = [replaying.read(decision.facts) for decision in made]
    if made:
        store.keep(tx.conn, made, [f.party_id for f in facts], [values(f, VOCABULARY) for f in facts])


def _decision_of(news: News) -> str | None:
    if news.subject.startswith("dec_"):
        return news.subject
    said = news.content.get("decision") if news.kind.startswith("withdrawal.") else None
    return said if isinstance(said, str) else None


def run(
    conn: Conn,
    book: RuleBook,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
    stage: str = "request",
) -> Report:
    """What these rules would have done to the decisions of a span: those that are live and those in shadow.

    Raises Malformed: `span_empty`, `stage_unknown`, `no_rules`, or the fault of a rule.
    """
    report.check_span(since, until)
    stages = report.check_stage(stage)
    tried = [
        Tried(name, rule, book.named(name).mode, f"({sql_condition(rule)})")
        for name, rule in rules.understood(book, (Mode.LIVE, Mode.SHADOW), VOCABULARY).items()
    ]
    if not tried:
        raise Malformed("no_rules", "There is no rule, live or in shadow, that could be tried", field="rules")
    while keep_up(conn, now, wait=True):
        pass
    groups, people = store.run_rules(conn, tried, stages, since, until)
    return report.put_together(tried, groups, people)


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """What a version's rules in shadow would have done since it is in force."""

    looked: Looked
    rules: list[RuleReport]


def shadow(conn: Conn, version: int, now: datetime) -> ShadowReport:
    """The sums of what was written down beside each decision. Raises NotFound `policy_unknown`."""
    names = policies.at_version(conn, version).rules.of(Mode.SHADOW)
    while keep_up(conn, now, wait=True):
        pass
    people = {line.rule: line.people for line in store.shadow_people(conn, version)}
    lines = report.on_trial(names, store.shadowed(conn, version), people)
    return ShadowReport(store.looked_at(conn, version), lines)


def labels(conn: Conn, decision_id: str) -> list[Label]:
    """What people say came of a decision, oldest first."""
    return store.labels(conn, decision_id)


def label(conn: Conn, decision_id: str, said: str, reason: str, actor: str, now: datetime) -> list[Label]:
    """Say what came of a decision; every label so far. The newest one counts, also for the withdrawal's others.

    Raises NotFound `decision_unknown`; Malformed: `label_unknown`, `reason_invalid`.
    """
    if said not in LABELS:
        raise Malformed("label_unknown", f"{said[:20]!r} is none of {', '.join(LABELS)}", field="label")
    check_reason(reason)
    if withdrawals.decision(conn, decision_id) is None:
        raise NotFound("decision_unknown", f"There is no decision {decision_id}.")
    with act(conn, actor, now) as tx:
        store.add_label(conn, Label(decision_id, said, reason, actor, now))
        tx.note("label.given", decision_id, {"label": said, "reason": reason})
    return store.labels(conn, decision_id)
