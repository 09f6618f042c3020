"""The rating board: runs of months, their lines, a line's file and decision, telling, and the figures of a month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from starlette.responses import Response

from tidegate.api.ratings import say
from tidegate.base.refusals import Malformed, Refusal
from tidegate.console.merchants import store
from tidegate.console.merchants.store import STATES
from tidegate.console.merchants.typed import whole
from tidegate.console.papers import as_file
from tidegate.console.visit import Page, Visit
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.rating.decisions import flow as decisions
from tidegate.rating.decisions.decision import CODES, Terms
from tidegate.rating.facts import flow as facts
from tidegate.rating.governance import flow as governance
from tidegate.rating.lines import flow as lines
from tidegate.rating.measures.measure import CHOSEN, PRESETS, TERMS
from tidegate.rating.off_boarding import flow as leaving
from tidegate.rating.publishing import flow as publishing
from tidegate.rating.readings import READINGS
from tidegate.rating.runs import flow as runs
from tidegate.rating.runs.flow import Told
from tidegate.rating.tiers import Tier
from tidegate.reports.papers import flow as papers

ROWS = 50
HOME, LINES = "/console/rating", "/console/rating-lines"
_MONTHS = 12
_QUEUE = 30


def months(visit: Visit) -> Response:
    """Runs, the newest month first, and every line that waits for a person."""
    conn, zone = visit.conn, policies.active(visit.conn, visit.now).rating.zone
    found = runs.listed(conn, _MONTHS)
    waiting = lines.queue(conn, visit.asked("after") or "", _QUEUE)
    before = visit.now.astimezone(zone).replace(day=1) - timedelta(days=1)
    return visit.render(
        "merchants/months.html",
        runs=[(run, None if run.published_at else runs.get(conn, run.id)[1]) for run in found],
        queue=waiting,
        standing=lines.standing_of(conn, [line.id for line in waiting]),
        next=waiting[-1].id if len(waiting) == _QUEUE else None,
        month=f"{before:%Y-%m}",
    )


def off_boarding(visit: Visit) -> Response:
    """Whose own coins wait to leave through people, the longest first."""
    found = leaving.queue(visit.conn, visit.asked("after") or "", _QUEUE, visit.now)
    return visit.render(
        "merchants/off_boarding.html",
        waiting=found,
        acts=leaving.ACTS,
        next=found[-1].measure.id if len(found) == _QUEUE else None,
    )


def draw(visit: Visit) -> Response:
    """Ask the indicators and draw a month's lines, or those whose facts have changed since."""
    done = runs.run(visit.conn, visit.given("month"), visit.actor, visit.now, runs.on_postgres(visit.conn))
    return visit.back_to(f"{HOME}/{done.run.id}", "month_drawn" if done.drawn else "month_as_drawn")


def board(visit: Visit) -> Response:
    """The lines of a month that hold, by merchant; by state and tier."""
    return _board(visit, None)


def publish(visit: Visit) -> Response:
    """Tell every line that is ready; the others say what they wait for."""
    told = runs.publish(visit.conn, visit.id, visit.actor, visit.now)
    return _board(visit, told) if told.waiting else visit.back_to(f"{HOME}/{visit.id}", "month_told")


def _board(visit: Visit, told: Told | None) -> Response:
    state, tier = visit.asked("state"), visit.asked("tier")
    if state is not None and state not in STATES:
        raise Malformed("state_unknown", f"{state[:20]!r} is none of {', '.join(STATES)}", field="state")
    if tier is not None and tier not in set(Tier):
        raise Malformed("tier_unknown", f"{tier[:20]!r} is none of {', '.join(Tier)}", field="tier")
    run, counts = runs.get(visit.conn, visit.id)
    found = store.board(visit.conn, run.id, state, tier, visit.asked("after") or "", visit.now, ROWS)
    return visit.render(
        "merchants/board.html",
        run=run,
        counts=counts,
        lines=found,
        told=told,
        waits=dict(told.waiting) if told else {},
        states=STATES,
        tiers=list(Tier),
        chosen={"state": state, "tier": tier},
        next=found[-1].subject_id if len(found) == ROWS else None,
        home=f"{HOME}/{run.id}",
    )


def figures(visit: Visit) -> Response:
    """How a month moved, who decided otherwise, how right the indicators were."""
    return visit.render(
        "merchants/figures.html",
        figures=say.figures(governance.of_run(visit.conn, visit.id)),
        tiers=list(Tier),
        names={key.id: key.label for key in parties.keys(visit.conn)},
    )


def paper(visit: Visit) -> Response:
    """The month on paper: every line with what it stands on, and the figures."""
    return as_file(papers.of_month(visit.conn, visit.id, visit.say), visit.id)


def line(visit: Visit) -> Response:
    """One line: what it stands on, what was said and decided, and the decision that it waits for."""
    return _line(visit, None)


def _line(visit: Visit, refusal: Refusal | None) -> Response:
    conn = visit.conn
    found = lines.get(conn, visit.id)
    decision = decisions.get(conn, found.id)
    given = decisions.voices(conn, found.id)
    return visit.render(
        "merchants/line.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        line=found,
        at=lines.standing_of(conn, [found.id])[found.id],
        run=None if found.run_id is None else runs.get(conn, found.run_id)[0],
        facts=facts.some(conn, found.facts),
        readings=[READINGS[id] for id in found.readings],
        decision=decision,
        wanted=() if decision is None else decisions.wanted_of(decision)[0],
        voices=[(voice, Terms.of_text(voice.terms)) for voice in given],
        comments=decisions.comments(conn, found.id),
        told=publishing.of(conn, found.id),
        tiers=list(Tier),
        codes=list(CODES),
        presets=PRESETS,
        choices=[(measure, TERMS[measure].valued, TERMS[measure].reversible) for measure in CHOSEN[Tier.HIGH]],
        numbers=policies.active(conn, visit.now).rating,
        typed=_typed(visit) if refusal is not None else _proposed(found.proposed),
        names={key.id: key.label for key in parties.keys(conn)},
    )


def _proposed(tier: str) -> Mapping[str, object]:
    """What the form says before anybody has typed."""
    fields = {"code": "as_computed", "preset": "", "restriction_days": "", "reason": "", "secret": "", "at_once": ""}
    return {**fields, "tier": tier, "measures": {}}


def _typed(visit: Visit) -> Mapping[str, object]:
    names = ("tier", "code", "preset", "restriction_days", "reason", "secret", "at_once")
    return {**{name: visit.given(name) for name in names}, "measures": dict(_measures(visit))}


def _measures(visit: Visit) -> list[tuple[str, str | None]]:
    """The measures that were ticked, each with what was typed beside it."""
    ticked = [str(name) for name in visit.form.getlist("measure")] if visit.form is not None else []
    return [(name, visit.given(f"value_{name}").strip() or None) for name in ticked]


def decide(visit: Visit) -> Response:
    """Decide a line. A refusal shows the line as it is now, with what was typed."""
    try:
        terms = Terms(
            tier=visit.given("tier"),
            code=visit.given("code"),
            preset=visit.given("preset") or None,
            measures=tuple(_measures(visit)),
            restriction_days=whole(visit, "restriction_days"),
            secret=bool(visit.given("secret")),
            at_once=bool(visit.given("at_once")),
        )
        done = decisions.decide(visit.conn, visit.id, terms, visit.given("reason"), visit.actor, visit.now)
    except Refusal as refusal:
        return _line(visit, refusal)
    return visit.back_to(f"{LINES}/{visit.id}", "line_voiced" if done is None else "line_decided")


def agree(visit: Visit) -> Response:
    """A second person agrees to exactly what the first one said."""
    try:
        done = decisions.agree(visit.conn, visit.id, visit.given("reason"), visit.actor, visit.now)
    except Refusal as refusal:
        return _line(visit, refusal)
    return visit.back_to(f"{LINES}/{visit.id}", "line_voiced" if done is None else "line_decided")


def publish_line(visit: Visit) -> Response:
    """Tell one line between months."""
    if lines.get(visit.conn, visit.id).run_id is not None:
        raise Malformed("line_of_run", f"{visit.id} is told with its run.", field="id")
    publishing.publish(visit.conn, visit.id, visit.actor, visit.now)
    return visit.back_to(f"{LINES}/{visit.id}", "line_told_now")


PAGES = (
    Page("/rating", months, "rating:read"),
    Page("/off-boarding", off_boarding, "rating:read"),
    Page("/rating/draw", draw, "rating:write", "POST"),
    Page("/rating/{id}", board, "rating:read"),
    Page("/rating/{id}/publish", publish, "rating:write", "POST", sensitive=True),
    Page("/rating/{id}/figures", figures, "rating:read"),
    Page("/rating/{id}/paper", paper, "rating:read"),
    Page("/rating-lines/{id}", line, "rating:read"),
    Page("/rating-lines/{id}/decide", decide, "rating:decide", "POST"),
    Page("/rating-lines/{id}/agree", agree, "rating:decide", "POST"),
    Page("/rating-lines/{id}/publish", publish_line, "rating:write", "POST", sensitive=True),
)
