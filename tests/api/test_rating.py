"""Ratings over HTTP: a month from facts to publication, an appeal, what-if and figures, and who sees what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import merchant_kit
import pytest
import rating_kit
from conftest import database
from house import furnish
from rating_kit import DECEMBER
from serving import Site, served

from tidegate.api.appeals import shapes as appeals
from tidegate.api.calendars import shapes as calendars
from tidegate.api.facts import shapes as facts
from tidegate.api.rating_runs import shapes as runs
from tidegate.api.ratings import shapes as ratings
from tidegate.base.times import rfc3339
from tidegate.db import connect
from tidegate.p2p.merchants.merchant import Merchant


@pytest.fixture
def site(server_url: str, template: str) -> Iterator[Site]:
    with database(server_url, template) as url, connect(url) as conn, served(furnish(conn), url) as site:
        yield site


def done(site: Site, method: str, path: str, body: Any = None, role: str = "compliance", **who: Any) -> Any:
    """A call that is right, and its answer."""
    answer = site.call(method, path, body, role=role, **who)
    assert answer.status_code < 300, answer.text
    return answer.json()


def code(site: Site, method: str, path: str, body: Any = None, role: str = "compliance", **who: Any) -> tuple[int, str]:
    answer = site.call(method, path, body, role=role, **who)
    return answer.status_code, answer.json()["code"]


def confirm_calendar(site: Site) -> None:
    made = done(site, "POST", "/v1/calendars", {"calendar": "CN", "year": 2026})
    calendars.CalendarFile.model_validate(made)
    assert {"day": "2026-10-10", "kind": "working", "name": "make-up working day"} in made["days"]
    done(site, "POST", f"/v1/calendars/{made['year']['id']}/confirm", {"hash": made["year"]["hash"]})


def merchant(site: Site) -> tuple[Merchant, str]:
    who = merchant_kit.person(site.house)
    return merchant_kit.certified(site.house, who), site.key_of(who)


def fact(site: Site, merchant: str, **more: object) -> dict[str, object]:
    usual = {"merchant": merchant, "fact": "alert", "severity": "warn", "at": rfc3339(site.house.now)}
    return {**usual, **more}


def test_a_month_from_facts_to_publication_and_an_appeal(site: Site) -> None:
    confirm_calendar(site)
    shop, key = merchant(site)
    frozen = {"fact": "counterparty_freeze", "severity": None, "counterparty": "cus_x", "evidence_level": "E2"}
    batch = {"facts": [fact(site, shop.id, **frozen), fact(site, "mer_nobody"), fact(site, shop.id, severity=None)]}
    told = done(site, "POST", "/v1/facts", batch, role="integrator", key="f-1")
    facts.ToldFacts.model_validate(told)
    codes = [r["error"] and r["error"]["code"] for r in told["results"]]
    assert codes == [None, "merchant_unknown", "fact_severity_invalid"]
    id = told["results"][0]["fact"]["id"]
    assert done(site, "POST", "/v1/facts", {"facts": batch["facts"][:1]}, role="integrator")["results"][0]["duplicate"]
    judged = {"facts": [fact(site, shop.id, disposition="confirmed")]}
    assert code(site, "POST", "/v1/facts", judged, role="integrator") == (403, "scope_missing")
    assert code(site, "POST", "/v1/rating-runs", {"month": "2026-11"}) == (409, "month_not_over")

    site.house.now = DECEMBER + timedelta(hours=1)
    file = done(site, "POST", f"/v1/facts/{id}/disposition", {"disposition": "confirmed", "reason": "the bank says so"})
    facts.FactFile.model_validate(file)
    (waits,) = done(site, "GET", "/v1/rating-lines")["lines"]
    assert (waits["cause"], waits["proposed"], waits["rule"]) == ("event", "high", "T2")

    dry = done(site, "POST", "/v1/rating-runs", {"month": "2026-11", "dry_run": True})
    runs.RunDone.model_validate(dry)
    assert [line["computed"] for line in dry["lines"]] == ["high"]
    made = done(site, "POST", "/v1/rating-runs", {"month": "2026-11"}, key="r-1")
    runs.RunDone.model_validate(made)
    run = f"/v1/rating-runs/{made['run']['id']}"
    (line,) = done(site, "GET", f"{run}/lines")["lines"]
    runs.RatingLine.model_validate(line)
    assert (line["computed"], line["basis"], line["person"], line["clauses"]) == (
        "high",
        "gap",
        True,
        ["S2 Art. 6 HIGH", "S2 Art. 5.2e"],
    )
    assert {"R08", "R19", "R20", "R21"} <= set(line["readings"])
    waiting = done(site, "POST", f"{run}/publish", key="p-1")
    assert (waiting["published"], [w["code"] for w in waiting["waiting"]]) == (0, ["line_undecided"])
    decision = {"tier": "high", "code": "as_computed", "reason": "a bank's paper", "preset": "B"}
    assert code(site, "POST", f"{run}/lines/rln_nothing/decide", decision) == (404, "line_unknown")
    decided = done(site, "POST", f"{run}/lines/{line['id']}/decide", decision, role="analyst")
    runs.LineFile.model_validate(decided)
    assert [m["measure"] for m in decided["decision"]["measures"]] == [
        "step_up",
        "withdrawal_delay",
        "trade_limit",
        "withdrawal_limit",
    ]
    said = done(site, "POST", f"/v1/rating-lines/{line['id']}/comments", {"text": "We paid back"}, secret=key)
    runs.LineComment.model_validate(said)
    site.house.wait(days=2)
    told = done(site, "POST", f"{run}/publish", key="p-2")
    runs.RunPublished.model_validate(told)
    assert (told["published"], told["waiting"]) == (1, [])

    mine = done(site, "GET", f"/v1/merchants/{shop.id}/rating", secret=key)
    ratings.MerchantRating.model_validate(mine)
    assert (mine["tier"], len(mine["measures"]), mine["told"][0]["reasons"]["zh"][:5]) == ("high", 4, "与您交易的")
    made = done(site, "POST", "/v1/appeals", {"line": line["id"], "text": "We paid back"}, secret=key, key="a-1")
    appeals.RatingAppeal.model_validate(made)
    answer = {"answer": "uphold", "reason": "shown"}
    assert code(site, "POST", f"/v1/appeals/{made['id']}/answer", answer, role="analyst") == (403, "appeal_not_yours")
    assert done(site, "POST", f"/v1/appeals/{made['id']}/answer", answer)["status"] == "upheld"
    assert done(site, "GET", f"/v1/merchants/{shop.id}/rating", secret=key)["tier"] == "medium"
    assert done(site, "GET", "/v1/appeals?status=open")["appeals"] == []

    figures = done(site, "GET", f"{run}/figures")
    ratings.RatingFigures.model_validate(figures)
    assert (figures["matrix"]["low"]["high"], figures["freezes_rise_with_tier"]) == (1, None)
    asked = done(
        site, "POST", "/v1/rating-whatif", {"numbers": {"mass_counterparties": 1, "mass_least": 1}, "months": 2}
    )
    ratings.WhatIfAnswer.model_validate(asked)
    assert [(m["month"], m["before"], m["after"]) for m in asked["moves"]] == [("2026-11", "high", "extreme")]


def test_a_merchant_sees_their_own_rating_and_none_of_the_desks_work(site: Site) -> None:
    shop, _ = merchant(site)
    _, other = merchant(site)
    own = f"/v1/merchants/{shop.id}/rating"
    assert code(site, "GET", own, secret=other) == (404, "merchant_unknown")
    for path in ("/v1/facts", "/v1/rating-runs", "/v1/rating-lines", "/v1/appeals", "/v1/rating-readings"):
        assert code(site, "GET", path, secret=other) == (403, "scope_missing")


def test_interim_measures_cooperation_and_exemptions(site: Site) -> None:
    confirm_calendar(site)
    desk = rating_kit.staffed(site.house)
    shop, _ = merchant(site)
    severe = desk.confirmed(shop.id, severity="critical")
    order = {"fact": severe.id, "measure": "freeze", "hours": 5, "reason": "at once"}
    made = done(site, "POST", "/v1/interim-measures", order, key="i-1")
    ratings.RatingMeasure.model_validate(made)
    longer = done(site, "POST", f"/v1/interim-measures/{made['id']}/prolong", {"hours": 5, "reason": "still looking"})
    assert longer["ends_at"] > made["ends_at"]
    assert done(site, "POST", f"/v1/measures/{made['id']}/lift", {"reason": "it is over"})["state"] == "lifted"
    assert code(site, "POST", f"/v1/measures/{made['id']}/lift", {"reason": "again"}) == (409, "measure_over")
    path = f"/v1/merchants/{shop.id}"
    assert code(site, "POST", f"{path}/cooperation", {"reason": "answers"}) == (409, "tier_not_high")
    span = {"from_at": rfc3339(site.house.now), "until": rfc3339(site.house.now + timedelta(days=9))}
    wish = {"article": "5.3b", "reason": "salaries", "owner": "Compliance", **span}
    known = done(site, "POST", f"{path}/exemptions", wish, key="e-1")
    ratings.RatingExemption.model_validate(known)
    done(site, "POST", f"/v1/rating-exemptions/{known['id']}/end")
    assert [e["ended_at"] is None for e in done(site, "GET", f"{path}/exemptions")["exemptions"]] == [False]
    waiting = done(site, "GET", "/v1/off-boardings")
    assert ratings.OffBoardings.model_validate(waiting).off_boardings == []
    readings = done(site, "GET", "/v1/rating-readings")
    ratings.Readings.model_validate(readings)
    assert len(readings["readings"]) == 27


@pytest.mark.parametrize(
    ("path", "body", "code_"),
    [
        ("/v1/rating-runs", {"month": "2026-13"}, "month_invalid"),
        ("/v1/calendars", {"calendar": "MOON", "year": 2026}, "calendar_unknown"),
        ("/v1/calendars", {"calendar": "CN", "year": 2027}, "calendar_not_announced"),
        ("/v1/calendars", {"calendar": "X1", "year": 2026, "days": []}, None),
        ("/v1/rating-whatif", {"numbers": {"multiple": 0}}, "numbers_invalid"),
        ("/v1/rating-whatif", {"months": 99}, "months_invalid"),
        ("/v1/appeals", {"line": "rln_nothing", "text": "no"}, "customer_missing"),
    ],
)
def test_bad_input_gets_its_code(site: Site, path: str, body: dict[str, object], code_: str | None) -> None:
    role = "integrator" if path == "/v1/appeals" else "compliance"
    answer = site.call("POST", path, body, role=role)
    assert answer.json().get("code") == code_, answer.text
    assert answer.status_code == (422 if code_ else 201)
