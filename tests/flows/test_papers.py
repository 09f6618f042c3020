"""A month of the rating and a case on paper, from a real PostgreSQL, in both languages."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pypdf
import pytest
from house import House, furnish
from rating_kit import Desk, open_desk
from reading_kit import strange

from tidegate.base.canonical import digest
from tidegate.base.refusals import NotFound
from tidegate.cases import flow as cases
from tidegate.console.words import Say
from tidegate.db import Conn
from tidegate.notifications.templates import FINDINGS
from tidegate.rating.fact import Kind
from tidegate.rating.runs import flow as runs
from tidegate.reports.papers import flow as papers
from tidegate.reports.papers.paper import Paper, instant
from tidegate.reports.papers.press import as_pdf
from tidegate.withdrawals import flow as withdrawals

EN, ZH = Say("en"), Say("zh")


def text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def cells(paper: Paper, heading: str) -> list[list[str]]:
    (part,) = [part for part in paper.parts if part.heading == heading]
    return [list(row) for row in part.rows]


@pytest.fixture
def desk(conn: Conn) -> Desk:
    return open_desk(conn)


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def month(desk: Desk) -> tuple[str, list[str]]:
    """A month told but for one line: somebody quiet, somebody warned, and somebody frozen whom a person decided."""
    merchants = [desk.merchant().id for _ in range(3)]
    judged = [desk.told(merchants[1]).id, desk.told(merchants[2], Kind.COUNTERPARTY_FREEZE).id]
    desk.month_over()
    for fact in judged:
        desk.judge(fact)
    run = desk.run().run.id
    (line,) = [line.id for line in runs.lines_of(desk.conn, run) if line.subject_id == merchants[2]]
    desk.decide(line, "high", preset="C")
    runs.publish(desk.conn, run, desk.mei, desk.now)
    return run, merchants


def test_a_month_on_paper_tells_each_line_with_what_it_stands_on(desk: Desk) -> None:
    run, merchants = month(desk)
    paper = papers.of_month(desk.conn, run, EN)
    lines = cells(paper, EN("lines"))
    assert [line[0].split("\n")[1] for line in lines] == sorted(merchants)
    by = {line[0].split("\n")[1]: line[1:] for line in lines}
    quiet, warned, frozen = (by[id] for id in merchants)
    assert quiet == ["low", "text", "B0 nothing\nC0 none", "S2 Art. 6 LOW, R20, R21", "–", quiet[5]]
    assert warned[:3] == ["medium", "text", "B1 something\nC0 none"]
    assert frozen[:3] == ["low → high (T2)", "gap", "B0 nothing\nC2 counterparty frozen"]
    assert quiet[5] == instant(desk.now)
    assert (frozen[4], frozen[5]) == ("–", "–"), "decided, and not told yet"
    assert dict(cells(paper, "This month"))["Told / lines"] == "2 / 3"
    (decided,) = cells(paper, "What people decided")
    assert decided[1:3] == ["high → high", "the facts say it"]
    assert [row[1:] for row in cells(paper, EN("matrix"))][:2] == [["1", "0", "0", "0"], ["0", "1", "0", "0"]]
    desk.house.wait(days=3)
    runs.publish(desk.conn, run, desk.mei, desk.now)
    (told,) = [row for row in cells(papers.of_month(desk.conn, run, EN), EN("lines")) if merchants[2] in row[0]]
    assert told[5:] == ["the account is frozen", instant(desk.now)]


def test_a_month_on_paper_changes_only_with_the_month(desk: Desk) -> None:
    run, _ = month(desk)
    first = as_pdf(papers.of_month(desk.conn, run, ZH))
    desk.house.wait(days=40)
    desk.merchant()
    assert as_pdf(papers.of_month(desk.conn, run, ZH)) == first
    assert "高" in text(first)


def test_a_month_that_nobody_drew_is_refused(conn: Conn) -> None:
    with pytest.raises(NotFound, match="rat_no"):
        papers.of_month(conn, "rat_no", EN)


def asked_about(house: House) -> tuple[str, str]:
    """A withdrawal that waited for a person, its question, a note and an answer; its id and its case's."""
    ada = house.customer(level=3, USDT=300_000 * 10**6)
    house.asked(ada, "1")
    house.wait(hours=49)
    asked = house.asked(ada, "20000")
    house.confirm(ada, asked.id)
    (case,) = cases.about(house.conn, asked.id)
    withdrawals.ask(house.conn, case.id, "purpose", 24, "key_anna", house.now)
    withdrawals.inform(house.conn, asked.id, "purpose", "Rechnung für Müller 发票", ada.id, house.now)
    cases.add_evidence(house.conn, case.id, "#panic() *Invoice* 77", "key_anna", house.now)
    house.wait(minutes=5)
    cases.answer(house.conn, case.id, "key_anna", "approve", "Fits", house.now)
    return asked.id, case.id


def test_a_case_on_paper_tells_what_its_sealed_file_tells(house: House) -> None:
    id, case = asked_about(house)
    bundle = withdrawals.evidence(house.conn, case)
    paper = papers.of_case(house.conn, case, EN, house.now)
    facts = dict(cells(paper, "Withdrawal"))
    assert (facts["Id"], facts["Amount"], facts["Arrives"]) == (id, "20000 USDT", "19999.9 USDT")
    assert paper.foot == f"{case} · SHA-256 {digest(bundle)}"
    assert [row[2:] for row in cells(paper, "What people said")] == [
        ["Evidence", "#panic() *Invoice* 77"],
        ["Approve", "Fits"],
    ]
    assert cells(paper, "Asked of the customer")[0][2:] == ["what it is for", "Rechnung für Müller 发票"]
    assert cells(paper, "Where the journal holds it") == [
        [str(link["link"]), link["root"], link["tip"]] for link in bundle["journal"]
    ]
    own = [e for link in bundle["journal"] for e in link["entries"] if e[3] in (id, case)]
    assert [row[2].split("\n")[1] for row in cells(paper, "Timeline")] == [e[2] for e in own]
    found = [row[1] for part in paper.parts if part.heading.startswith("Decision") for row in part.rows]
    assert set(bundle["case"]["reasons"]) <= set(found)


@pytest.mark.parametrize("say", [EN, ZH], ids=["en", "zh"])
def test_a_case_on_paper_is_the_same_bytes_as_long_as_nothing_happens_to_it(house: House, say: Say) -> None:
    _, case = asked_about(house)
    first = as_pdf(papers.of_case(house.conn, case, say, house.now))
    house.now += timedelta(days=400)
    house.customer(USDT=5)
    assert as_pdf(papers.of_case(house.conn, case, say, house.now)) == first
    assert "#panic() *Invoice* 77" in text(first)


TYPED = frozenset(
    {"Rechnung", "ller", "panic", "Invoice", "Fits", "Ada", "key", "anna", "key_anna", "worker", "evm-local", "SHA-256"}
)
"""What people typed, and who they are."""


def test_a_case_in_chinese_says_everything_in_chinese(house: House) -> None:
    _, case = asked_about(house)
    paper = papers.of_case(house.conn, case, ZH, house.now)
    said = [paper.title, *paper.lead, *(text for part in paper.parts for text in (part.heading, part.empty, part.note))]
    said += [cell for part in paper.parts for row in (part.heads, *part.rows) for cell in row]
    plain = [re.sub(r"[0-9a-f]{40,}|[a-z]+\.[a-z_]+", " ", text) for text in said]  # hashes and kinds
    assert [word for text in plain for word in strange(text, "zh", TYPED | FINDINGS.keys())] == []


def test_a_case_that_is_not_there_is_refused(house: House) -> None:
    with pytest.raises(NotFound):
        papers.of_case(house.conn, "case_no", EN, house.now)
