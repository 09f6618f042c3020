"""What the hash of an answer's inputs stands on: the rule, the question, the rows in any order."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from tidegate.rating.indicators.evaluation import _limits
from tidegate.rating.indicators.reading import NO_ROWS, Digest, Span, asked, inputs_hash

SPAN = Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
ROWS = [("orders", Digest(2, 0xA, 0xB)), ("freezes", NO_ROWS)]


def test_digests_add_up_in_any_order() -> None:
    parts = [Digest(2, 3, 4), Digest(10, 20, 30), Digest(100, 200, 300)]
    assert {sum(order, NO_ROWS) for order in permutations(parts)} == {Digest(112, 223, 334)}


def test_a_question_is_its_window_and_its_numbers_in_one_spelling() -> None:
    window = '{"end":"2026-04-01T00:00:00Z","start":"2026-03-01T00:00:00Z","zone":"Asia/Shanghai"}'
    assert asked(SPAN, {"least": 5}) == f'{{"numbers":{{"least":5}},"window":{window}}}'


def test_the_hash_is_of_rule_question_and_rows() -> None:
    said = "I-01:3\n{}\norders=2:a:b;freezes=0:0:0"
    assert inputs_hash("I-01:3", "{}", ROWS) == hashlib.sha256(said.encode()).hexdigest()


@pytest.mark.parametrize(
    ("rule", "question", "rows"),
    [
        ("I-01:4", "{}", ROWS),
        ("I-01:3", '{"least":5}', ROWS),
        ("I-01:3", "{}", ROWS[:1]),
        ("I-01:3", "{}", [("orders", Digest(3, 0xA, 0xB)), ROWS[1]]),
        ("I-01:3", "{}", [("orders", Digest(2, 0xB, 0xA)), ROWS[1]]),
        ("I-01:3", "{}", [("lots", Digest(2, 0xA, 0xB)), ROWS[1]]),
    ],
)
def test_another_rule_question_or_row_is_another_hash(rule: str, question: str, rows: list[tuple[str, Digest]]) -> None:
    assert inputs_hash(rule, question, rows) != inputs_hash("I-01:3", "{}", ROWS)


@pytest.mark.parametrize(
    ("limits", "lines"),
    [((), "(CAST(NULL AS DECIMAL(38,0)))"), ((5, 9), "(CAST(5 AS DECIMAL(38,0))), (CAST(9 AS DECIMAL(38,0)))")],
)
def test_no_limit_is_a_line_that_no_value_meets(limits: tuple[int, ...], lines: str) -> None:
    assert _limits(limits) == lines
