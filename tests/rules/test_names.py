"""Names that are one person's, names that are not, and what speaks against a match."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.base.naming import Person
from tidegate.policy import flow as policies
from tidegate.policy.pack import parse
from tidegate.screening.names import ListedPerson, alike, match, standing

NUMBERS = parse(policies.shipped("default")).screening

SAME = [
    ("John Smith", "Smith, John", "1.00"),
    ("JOHN SMITH", "Mr. john  smith", "1.00"),
    ("José García", "Jose Garcia", "1.00"),
    ("O'Neill Sean", "Sean ONeill", "1.00"),
    ("Ayman al-Zawahiri", "Al Zawahiri, Ayman", "1.00"),
    ("Владимир Путин", "Vladimir Putin", "1.00"),
    ("Ｗａｎｇ Ｗｅｉ", "WANG WEI", "1.00"),
    ("王小明", "Wang Xiaoming", "1.00"),
    ("王小明", "Xiao-Ming WANG", "1.00"),
    ("王小明", "王小明", "1.00"),
    ("Wladimir Putin", "Vladimir Putin", "0.95"),
    ("Aleksandr Petrov", "Alexander Petrov", "0.95"),
    ("Hans Müller", "Hans Mueller", "0.94"),
    ("Mohamed Aly Hasan", "Mohammed Ali Hassan", "0.90"),
    ("Usama bin Laden", "Osama bin Ladin", "0.91"),
    ("Smiht John", "John Smith", "0.89"),  # two letters changed places
    ("John Smith", "John Michael Smith", "0.89"),
    ("J. Smith", "John Smith", "0.77"),
]
OTHERS = [
    ("王小明", "王晓明", "0.67"),  # the same sound, another name: shown, no hit
    ("張偉", "张伟", "0.65"),  # one name in two scripts, which we cannot tell from the line above
    ("Kim Jong Un", "Kim Jong Il", "0.62"),
    ("Ali", "Ali Hassan Mohammed", "0.60"),
    ("J. S.", "John Smith", "0.50"),
    ("Zhang Wei", "Zhang Min", "0.50"),
    ("John Smith", "Jane Smith", "0.46"),
    ("Li Wei", "Li Na", "0.41"),
    ("John Smith", "John Jones", "0.39"),
    ("Ivan Petrov", "Ivan Petrovich", "0.36"),
    ("Ada Lovelace", "Grace Hopper", "0.00"),
    ("", "John Smith", "0.00"),
    ("🙂", "John Smith", "0.00"),
]
FALSE_HITS = [
    ("Maria Garcia", "Mario Garcia", "0.91"),
    ("Karen Smith", "Kiran Smith", "0.95"),
    ("Michael Brown", "Michelle Brown", "0.95"),
    ("Wei Chen", "Wei Cheng", "0.88"),
    ("Anna Schmidt", "Anne Schmid", "0.81"),
]
"""Two people each, and a hit all the same: a person must tell them apart. Listed in docs/guides/lists.md."""


@pytest.mark.parametrize(("one", "other", "score"), SAME + OTHERS + FALSE_HITS)
def test_two_names_score_the_same_both_ways(one: str, other: str, score: str) -> None:
    assert alike(one, other) == alike(other, one) == Decimal(score)


def test_the_tables_say_who_is_a_hit() -> None:
    assert {standing(Decimal(score), NUMBERS) for _, _, score in SAME + FALSE_HITS} == {"hit"}
    assert "hit" not in {standing(Decimal(score), NUMBERS) for _, _, score in OTHERS}


@pytest.mark.parametrize(
    ("score", "expected"), [("0.49", "none"), ("0.50", "show"), ("0.69", "show"), ("0.70", "hit"), ("1.00", "hit")]
)
def test_the_lines_of_the_policy_belong_to_the_stricter_side(score: str, expected: str) -> None:
    assert standing(Decimal(score), NUMBERS) == expected


LISTED = ListedPerson(("Sergei Ivanov", "Ivanov Sergey Petrovich"), ("1970-05-17", "1971"), ("RU",))


@pytest.mark.parametrize(
    ("born", "country", "score", "against"),
    [
        (None, None, "1.00", ()),
        (date(1970, 5, 17), "RU", "1.00", ()),  # agreeing never makes it stronger than the names are
        (date(1971, 1, 1), "RU", "1.00", ()),  # the list knows the year only
        (date(1970, 5, 18), "RU", "0.90", ("born_other_day",)),
        (date(1969, 1, 1), "RU", "0.85", ("born_year_apart",)),
        (date(1972, 1, 1), "RU", "0.85", ("born_year_apart",)),
        (date(1973, 1, 1), "RU", "0.60", ("born_other_year",)),
        (None, "DE", "0.90", ("country",)),
        (date(1990, 1, 1), "DE", "0.54", ("born_other_year", "country")),
    ],
)
def test_what_contradicts_weakens(born: date | None, country: str | None, score: str, against: tuple[str, ...]) -> None:
    found = match(Person("Sergei Ivanov", born, country), LISTED)
    assert (found.score, found.name, found.against) == (Decimal(score), "Sergei Ivanov", against)


def test_the_best_of_several_names_counts() -> None:
    found = match(Person("Sergey P. Ivanov"), ListedPerson(("Nobody Else", "Ivanov Sergey Petrovich")))
    assert found.name == "Ivanov Sergey Petrovich"
    assert found.score >= Decimal("0.70")
    assert match(Person("Sergey"), ListedPerson(())).score == 0


def test_a_list_that_knows_no_usable_date_contradicts_nothing() -> None:
    assert match(Person("Ada L", date(1990, 1, 1)), ListedPerson(("Ada L",), ("unknown",))).against == ()


NAME = st.text("abcdeyzAÉß王小明Иван '-.", max_size=40)


@given(NAME, NAME)
def test_a_score_is_a_share_and_does_not_depend_on_who_comes_first(one: str, other: str) -> None:
    assert 0 <= alike(one, other) <= 1
    assert alike(one, other) == alike(other, one)


@given(
    st.lists(st.sampled_from(["ivan", "maria", "chen", "smith", "olga"]), min_size=1, max_size=5).flatmap(
        lambda words: st.tuples(st.just(words), st.permutations(words))
    )
)
def test_the_order_of_words_never_matters(pair: tuple[list[str], list[str]]) -> None:
    words, shuffled = pair
    assert alike(" ".join(words), " ".join(shuffled)) == 1


@given(NAME, st.dates(), st.sampled_from(["RU", "DE", None]))
def test_evidence_never_makes_a_match_stronger(name: str, born: date, country: str | None) -> None:
    listed = ListedPerson(("Ivan Smith",), ("1970",), ("RU",))
    assert match(Person(name, born, country), listed).score <= match(Person(name), listed).score
