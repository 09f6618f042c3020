"""Cases over HTTP: asking, appealing, seizing, and what each role sees."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest
from house import COIN_USDT as COIN
from house import Customer, furnish
from serving import Site, served

from tidegate.base.canonical import canonical
from tidegate.cases import flow as cases
from tidegate.custody import books, store
from tidegate.db import Conn, act, reader
from tidegate.news import READER, handlers

DOCUMENT = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.fixture
def site(conn: Conn, database_url: str) -> Iterator[Site]:
    with served(furnish(conn), database_url) as site:
        yield site


def in_review(site: Site) -> tuple[Customer, str, str]:
    house = site.house
    ada = house.customer(level=3, USDT=300_000 * COIN)
    house.asked(ada, "1")
    house.wait(hours=49)
    asked = house.asked(ada, "20000")
    house.confirm(ada, asked.id)
    (case,) = cases.about(house.conn, asked.id)
    return ada, asked.id, case.id


def news(site: Site) -> None:
    reader.read(site.house.conn, READER, handlers(lambda _: site.house.setting), site.house.now)


def test_a_reviewer_asks_and_the_customer_answers(site: Site) -> None:
    ada, id, case = in_review(site)
    body = {"what": "source_of_funds", "deadline_hours": 48}
    asked = site.call("POST", f"/v1/cases/{case}/ask", body, role="analyst", key="q1")
    assert (asked.status_code, asked.json()["questions"][0]["what"]) == (201, "source_of_funds")
    held = site.call("GET", f"/v1/withdrawals/{id}", secret=site.key_of(ada)).json()
    assert held["status"] == "awaiting_information"
    assert "information_asked" in [r["code"] for r in held["hold"]["reasons"]]
    answer = {"kind": "source_of_funds", "text": "My salary"}
    said = site.call("POST", f"/v1/withdrawals/{id}/information", answer, secret=site.key_of(ada), key="a1")
    assert (said.status_code, said.json()["status"]) == (200, "in_review")
    again = site.call("POST", f"/v1/withdrawals/{id}/information", answer, secret=site.key_of(ada), key="a1")
    assert (again.text, again.headers["Idempotency-Replayed"]) == (said.text, "true")
    late = site.call("POST", f"/v1/withdrawals/{id}/information", answer, secret=site.key_of(ada))
    assert (late.status_code, late.json()["code"]) == (409, "information_not_asked")


def test_an_appeal_goes_where_the_hold_letter_says(site: Site) -> None:
    ada, id, case = in_review(site)
    secret = site.key_of(ada)
    letter = site.call("GET", f"/v1/withdrawals/{id}", secret=secret).json()["hold"]
    route = f"/v1/withdrawals/{id}/appeal"
    assert f"POST {route}" in letter["appeal"]["en"]
    assert f"POST {route}" in letter["appeal"]["zh"]
    assert site.call("POST", route, {"text": "Mine"}, secret=secret).status_code == 201
    assert site.call("POST", route, {"text": "Mine"}, secret=secret).json()["code"] == "appeal_open"
    found = site.call("GET", "/v1/cases?status=open", role="analyst").json()["cases"]
    assert [c["kind"] for c in found] == ["withdrawal_appeal", "withdrawal_review"]
    assert found[1]["id"] == case


def test_seizing_takes_two_keys_of_compliance(site: Site) -> None:
    _, id, _ = in_review(site)
    path, body = f"/v1/withdrawals/{id}/seize", {"order_reference": "35 Gs 1/26", "document_sha256": DOCUMENT}
    assert site.call("POST", path, body, role="analyst").json()["code"] == "scope_missing"
    made = site.call("POST", path, body, role="compliance")
    assert (made.status_code, made.json()["kind"], len(made.json()["answers"])) == (201, "seizure", 1)
    seen = [c["kind"] for c in site.call("GET", "/v1/cases", role="support").json()["cases"]]
    assert seen == ["withdrawal_review"]  # who talks to customers learns of no order before it has taken effect
    assert site.call("GET", f"/v1/cases/{made.json()['id']}", role="support").json()["code"] == "case_unknown"
    answer, said = f"/v1/cases/{made.json()['id']}/answer", {"answer": "approve", "reason": "Order read"}
    assert site.call("POST", answer, said, role="compliance").json()["code"] == "case_answered_already"
    assert site.call("POST", answer, said, role="analyst").json()["code"] == "case_other_role"
    other = site.call("POST", "/v1/keys", {"role": "compliance", "label": "Ben"}, role="admin").json()["key"]
    assert site.call("POST", answer, said, secret=other).json()["status"] == "approved"
    news(site)
    assert site.call("GET", f"/v1/withdrawals/{id}").json()["status"] == "seized"
    bad = site.call("POST", path, {**body, "document_sha256": "x"}, role="compliance").json()
    assert (bad["code"], bad["errors"][0]["field"]) == ("document_sha256_invalid", "document_sha256")


def test_late_cases_are_found_and_may_sleep(site: Site) -> None:
    _, _, id = in_review(site)
    until = {"until": "2026-11-26T20:00:00Z", "reason": "The bank opens tomorrow"}
    assert site.call("POST", f"/v1/cases/{id}/snooze", until, role="analyst").json()["snoozed_until"] == until["until"]
    assert site.call("GET", "/v1/cases?overdue=true", role="analyst").json()["cases"] == []
    site.house.wait(days=3)
    assert cases.escalate(site.house.conn, id, site.house.now)
    (found,) = site.call("GET", "/v1/cases?overdue=true", role="analyst").json()["cases"]
    assert (found["overdue"], found["escalation"], found["assignee"]) == (True, 1, None)
    assert 'tidegate_cases_overdue{what="withdrawal_review"} 1.0' in site.call("GET", "/metrics", role=None).text


def test_treasury_sees_and_answers_cases_about_the_books_only(site: Site) -> None:
    _, _, review = in_review(site)
    house = site.house
    with act(house.conn, "worker", house.now) as tx:
        store.keep_book_check(house.conn, books.round_of(None, 1, 9, 500, 400, 0, house.now))
        store.keep_ledger_check(house.conn, store.LedgerChecked(0, "", house.now))
        id = cases.open_case(
            tx,
            kind="books",
            subject="books:USDT@evm-local",
            party_id=None,
            requester="worker",
            reasons=["books_disagree"],
            quorum=1,
            sla_hours=4,
        )
    assert [c["id"] for c in site.call("GET", "/v1/cases", role="treasury").json()["cases"]] == [id]
    for method, path, body in (
        ("GET", f"/v1/cases/{review}", None),
        ("GET", f"/v1/cases/{review}/bundle", None),
        ("POST", f"/v1/cases/{review}/answer", {"answer": "approve", "reason": "Fine"}),
        ("POST", f"/v1/cases/{review}/evidence", {"note": "Fine"}),
    ):
        assert site.call(method, path, body, role="treasury").json()["code"] == "case_unknown"
    assert (
        site.call("POST", f"/v1/cases/{id}/answer", {"answer": "approve", "reason": "x"}, role="analyst").json()["code"]
        == "case_other_role"
    )
    asked = site.call("POST", f"/v1/cases/{id}/ask", {"what": "purpose", "deadline_hours": 1}, role="treasury")
    assert asked.json()["code"] == "case_asks_nobody"
    said = site.call("POST", f"/v1/cases/{id}/answer", {"answer": "approve", "reason": "Booked"}, role="treasury")
    assert said.json()["status"] == "approved"
    treasury = site.call("GET", "/v1/treasury", role="treasury").json()
    (book,) = treasury["books"]
    assert (book["ledger"], book["chain"], book["difference"]) == ("0.0005", "0.0004", "-0.0001")
    assert treasury["ledger"]["accounts"] == 0
    said_metrics = site.call("GET", "/metrics", role=None).text
    assert 'tidegate_books_difference_units{what="USDT@evm-local"} -100.0' in said_metrics
    assert 'tidegate_ledger_accounts_off{what="ledger"} 0.0' in said_metrics


def test_a_bundle_comes_with_its_hash_and_the_same_bytes(site: Site) -> None:
    _, _, case = in_review(site)
    first, again = (site.call("GET", f"/v1/cases/{case}/bundle", role="auditor") for _ in range(2))
    assert first.content == again.content
    said = json.loads(first.content)
    assert hashlib.sha256(canonical(said["bundle"]).encode()).hexdigest() == said["sha256"]
    for role in ("integrator", "support"):  # it shows the journal, and with it others who were served at that moment
        assert site.call("GET", f"/v1/cases/{case}/bundle", role=role).json()["code"] == "scope_missing"
    narrow = {"role": "auditor", "label": "feed reader", "scopes": ["journal:read"]}
    secret = site.call("POST", "/v1/keys", narrow, role="admin").json()["key"]
    assert site.call("GET", f"/v1/cases/{case}/bundle", secret=secret).json()["code"] == "scope_missing"
