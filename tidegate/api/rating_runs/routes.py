"""Calls about a month's rating: drawn, decided, told; and about lines between months."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from tidegate.api.door import Call, Route
from tidegate.api.params import UNFIT, UNKNOWN, Limit
from tidegate.api.rating_runs import say, shapes
from tidegate.api.say import Said
from tidegate.base.refusals import Malformed, NotFound
from tidegate.rating.decisions import flow as decisions
from tidegate.rating.decisions.decision import Terms
from tidegate.rating.lines import flow as lines
from tidegate.rating.lines.store import LineRow
from tidegate.rating.publishing import flow as publishing
from tidegate.rating.runs import flow as runs

After = Annotated[str, Query(pattern=r"^([a-z]+_[0-9a-z]{26})?$", description="`next` of the page before.")]


def make_rating_run(call: Call, body: shapes.NewRatingRun) -> Any:
    """Draw a month's lines, or those whose facts have changed since: a month has one run, and again changes nothing."""
    if body.dry_run:
        found = runs.dry_run(call.conn, body.month, call.now)
        dry = [say.dry(subject, judged) for subject, judged in found]
        return {"run": None, "drawn": 0, "kept": 0, "facts_told": 0, "lines": dry}
    done = runs.run(call.conn, body.month, call.actor, call.now, runs.on_postgres(call.conn))
    said = say.run(*runs.get(call.conn, done.run.id))
    return {"run": said, "drawn": done.drawn, "kept": done.kept, "facts_told": done.told, "lines": None}


def list_rating_runs(call: Call) -> Any:
    """Runs, the newest month first."""
    return {"runs": [say.run(*runs.get(call.conn, run.id)) for run in runs.listed(call.conn)]}


def get_rating_run(call: Call, id: str) -> Any:
    """One run, and how far its lines have come."""
    return say.run(*runs.get(call.conn, id))


def list_run_lines(call: Call, id: str, after: After = "", limit: Limit = 50) -> Any:
    """The lines of a run that hold, by merchant."""
    runs.get(call.conn, id)
    found = lines.page(call.conn, id, after, limit)
    return {"lines": _lines(call, found), "next": found[-1].subject_id if len(found) == limit else None}


def decide_run_line(call: Call, id: str, line: str, body: shapes.LineDecision) -> Any:
    """Decide a line of a run. What cannot be undone takes a second person who says exactly the same."""
    if lines.get(call.conn, line).run_id != id:
        raise NotFound("line_unknown", f"Run {id} has no line {line}.")
    return decide_rating_line(call, line, body)


def publish_rating_run(call: Call, id: str) -> Any:
    """Tell every line that is ready; the others say what they wait for."""
    told = runs.publish(call.conn, id, call.actor, call.now)
    waiting = [{"line": line, "code": code} for line, code in told.waiting]
    return {"published": told.published, "late": told.late, "waiting": waiting}


def list_rating_lines(call: Call, after: After = "", limit: Limit = 50) -> Any:
    """Lines that wait for a person, of every cause, oldest first."""
    found = lines.queue(call.conn, after, limit)
    return {"lines": _lines(call, found), "next": found[-1].id if len(found) == limit else None}


def get_rating_line(call: Call, id: str) -> Any:
    """One line, what was decided, and what the merchant said to it."""
    return _file(call, lines.get(call.conn, id))


def decide_rating_line(call: Call, id: str, body: shapes.LineDecision) -> Any:
    """Decide a line. What cannot be undone takes a second person who says exactly the same."""
    terms = Terms(
        tier=body.tier,
        code=body.code,
        preset=body.preset,
        measures=tuple((asked.measure, asked.value) for asked in body.measures),
        restriction_days=body.restriction_days,
        secret=body.secret,
        at_once=body.at_once,
    )
    decisions.decide(call.conn, id, terms, body.reason, call.actor, call.now)
    return _file(call, lines.get(call.conn, id))


def publish_rating_line(call: Call, id: str) -> Any:
    """Tell one line between months, once its merchant has had the time to correct facts."""
    if lines.get(call.conn, id).run_id is not None:
        raise Malformed("line_of_run", f"{id} is told with its run.", field="id")
    publishing.publish(call.conn, id, call.actor, call.now)
    return _file(call, lines.get(call.conn, id))


def comment_on_line(call: Call, id: str, body: shapes.NewLineComment) -> Any:
    """The merchant says which facts are wrong, before HIGH or EXTREME is told."""
    party = call.party_id if call.party_id is not None else body.customer
    if party is None:
        raise Malformed("customer_missing", "Say whose word it is", field="customer")
    return say.comment(decisions.comment(call.conn, id, call.customer(party), body.text, call.actor, call.now))


def _lines(call: Call, found: list[LineRow]) -> list[Said]:
    standing = lines.standing_of(call.conn, [line.id for line in found])
    return [say.line(line, standing[line.id]) for line in found]


def _file(call: Call, line: LineRow) -> Said:
    decision = decisions.get(call.conn, line.id)
    (said,) = _lines(call, [line])
    return {
        "line": said,
        "decision": None if decision is None else say.decision(decision),
        "comments": [say.comment(c) for c in decisions.comments(call.conn, line.id)],
    }


ROUTES: tuple[Route, ...] = (
    Route("POST", "/v1/rating-runs", "rating:write", make_rating_run, shapes.RunDone, 201, True, "json", (409,)),
    Route("GET", "/v1/rating-runs", "rating:read", list_rating_runs, shapes.RatingRuns),
    Route("GET", "/v1/rating-runs/{id}", "rating:read", get_rating_run, shapes.RatingRun, refuses=UNKNOWN),
    Route("GET", "/v1/rating-runs/{id}/lines", "rating:read", list_run_lines, shapes.RatingLines, refuses=UNKNOWN),
    Route(
        "POST",
        "/v1/rating-runs/{id}/lines/{line}/decide",
        "rating:decide",
        decide_run_line,
        shapes.LineFile,
        200,
        True,
        "json",
        UNFIT,
    ),
    Route(
        "POST",
        "/v1/rating-runs/{id}/publish",
        "rating:write",
        publish_rating_run,
        shapes.RunPublished,
        200,
        True,
        refuses=UNFIT,
    ),
    Route("GET", "/v1/rating-lines", "rating:read", list_rating_lines, shapes.RatingLines),
    Route("GET", "/v1/rating-lines/{id}", "rating:read", get_rating_line, shapes.LineFile, refuses=UNKNOWN),
    Route(
        "POST",
        "/v1/rating-lines/{id}/decide",
        "rating:decide",
        decide_rating_line,
        shapes.LineFile,
        200,
        True,
        "json",
        UNFIT,
    ),
    Route(
        "POST",
        "/v1/rating-lines/{id}/publish",
        "rating:write",
        publish_rating_line,
        shapes.LineFile,
        200,
        True,
        refuses=UNFIT,
    ),
    Route(
        "POST",
        "/v1/rating-lines/{id}/comments",
        "appeals:write",
        comment_on_line,
        shapes.LineComment,
        201,
        True,
        "json",
        UNFIT,
    ),
)
