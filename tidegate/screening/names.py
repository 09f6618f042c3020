"""Is this person the one on the list? A score from 0 to 1 for two names, and what speaks against it.

Word order, case, accents, script, initials and spelling of the same sounds do not separate two names. A date of
birth or a country that contradicts makes a match weaker; one that agrees never makes it stronger, because
thousands share it. How often strangers score high is in `docs/guides/lists.md`, measured.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from anyascii import anyascii
from rapidfuzz.distance import OSA

from tidegate.base.naming import Person
from tidegate.policy.screening_numbers import ScreeningNumbers

MAX_WORDS = 12
"""No name of a person has more; what comes after is not compared."""

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile("[a-z]+")
_CAPITAL = re.compile("(?<=[a-z])(?=[A-Z])")
_SOUNDS = (
    ("ph", "f"),
    ("kh", "k"),
    ("gh", "g"),
    ("ck", "k"),
    ("x", "ks"),
    ("q", "k"),
    ("c", "k"),
    ("w", "v"),
    ("z", "s"),
)
_TITLES = frozenset({"mr", "mrs", "ms", "dr", "prof", "sir"})
_PARTICLES = frozenset({"al", "el", "bin", "ibn", "bint", "de", "da", "di", "del", "la", "le", "van", "von", "der"})

_INITIAL = 0.5  # "J" and "John" say the same letter and no more
_SAME_SOUND = 0.9
_ALIKE = 0.75  # below this two words are two words
_ALIKE_IF_SAME_SOUND = 0.6
_CONTRADICTED = 0.85  # both names have a word that the other lacks
_ONE_WORD = 0.6  # one word alone never makes a hit
_OTHER_CHARACTERS = 0.65  # the same sound in other Chinese characters is another name, but may be a transcript of it


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """Somebody on a list: all names, dates of birth as far as they are known ("1970", "1970-05", "1970-05-17")."""

    names: tuple[str, ...]
    born: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """How far a person is the listed one."""

    score: Decimal  # 0..1, two decimals
    name: str  # the listed name that fits best
    against: tuple[str, ...]  # what weakened it: "born_other_year", "born_year_apart", "born_other_day", "country"


def match(person: Person, listed: ListedPerson) -> Match:
    """The best of the listed names, weakened by what contradicts."""
    best = max(listed.names, key=lambda name: (_alike(person.name, name), name), default="")
    score, against = _alike(person.name, best), []
    born = _born(person.born, listed.born)
    if born is not None:
        against.append(born)
    if person.country and listed.countries and person.country not in listed.countries:
        against.append("country")
    for reason in against:
        score *= _WEAKER[reason]
    return Match(_rounded(score), best, tuple(against))


def alike(one: str, other: str) -> Decimal:
    """How alike two names are, 0..1, whatever their order, case and script."""
    return _rounded(_alike(one, other))


def standing(score: Decimal, numbers: ScreeningNumbers) -> str:
    """ "hit" (a person decides), "show" (a person may look) or "none"."""
    if score >= numbers.name_hit:
        return "hit"
    return "show" if score >= numbers.name_show else "none"


_WEAKER = {"born_other_year": 0.6, "born_year_apart": 0.85, "born_other_day": 0.9, "country": 0.9}
"""What is left of a score. Years on lists are often estimates, so one year apart says less than two."""


def _born(born: date | None, listed: Sequence[str]) -> str | None:
    """How the date of birth contradicts all dates of the list; None = it does not, or nobody knows."""
    years = {text[:4] for text in listed if text[:4].isdigit()}
    if born is None or not years or any(born.isoformat().startswith(text) for text in listed if text[:4] in years):
        return None
    apart = min(abs(born.year - int(year)) for year in years)
    return ("born_other_day", "born_year_apart")[apart] if apart < 2 else "born_other_year"


def _alike(one: str, other: str) -> float:
    one, other = sorted((one, other))  # who comes first must not decide between pairs that are equally alike
    a, b = _words(one), _words(other)
    if not a or not b:
        return 0.0
    by_sound = _by_words(*_joined(a, b))
    han = _han(one), _han(other)
    if not all(han):
        return by_sound
    return max(_overlap(*han), _OTHER_CHARACTERS * by_sound)


def _words(name: str) -> list[str]:
    """The words of a name in small Latin letters: 王小明 gives wang, xiao, ming; O'Neill gives oneill."""
    shown = _CAPITAL.sub(" ", anyascii(unicodedata.normalize("NFKC", name))) if _HAN.search(name) else name
    latin = anyascii(unicodedata.normalize("NFKC", shown)).lower()
    words = _WORD.findall(re.sub("['`’]", "", latin))
    return [word for word in words if word not in _TITLES][:MAX_WORDS]


def _joined(a: list[str], b: list[str]) -> tuple[list[str], list[str]]:
    """Words that one side writes together and the other apart, written together on both: Xiao Ming, Xiaoming."""
    return _join_like(a, b), _join_like(b, a)


def _join_like(words: list[str], other: list[str]) -> list[str]:
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] + word in other:
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _by_words(a: list[str], b: list[str]) -> float:
    """Pair the words that are most alike, and weigh what was paired against what was left over on each side."""
    pairs = sorted(
        ((like, i, j) for i, x in enumerate(a) for j, y in enumerate(b) if (like := _word_alike(x, y)) > 0),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    left, right = set(range(len(a))), set(range(len(b)))
    agreed = paired = 0.0
    for like, i, j in pairs:
        if i in left and j in right:
            left.discard(i)
            right.discard(j)
            weight = max(_weight(a[i]), _weight(b[j]))
            agreed += like * weight
            paired += weight
    if not agreed:
        return 0.0
    of_a = agreed / (paired + sum(_weight(a[i]) for i in left))
    of_b = agreed / (paired + sum(_weight(b[j]) for j in right))
    score = 0.7 * max(of_a, of_b) + 0.3 * min(of_a, of_b)
    if left and right:
        score *= _CONTRADICTED
    return min(score, _ONE_WORD) if 1 in (len(a), len(b)) and len(a) != len(b) else score


def _word_alike(x: str, y: str) -> float:
    if x == y:
        return 1.0
    if 1 in (len(x), len(y)):
        return _INITIAL if x[0] == y[0] else 0.0
    if x.replace("y", "i") == y.replace("y", "i"):
        return _SAME_SOUND
    edits = float(OSA.normalized_similarity(x, y))
    sound = _sound(x)
    if len(sound) >= 3 and sound == _sound(y) and (edits >= _ALIKE_IF_SAME_SOUND or sound in (x, y)):
        return max(edits, _SAME_SOUND)
    return edits if edits >= _ALIKE else 0.0


def _sound(word: str) -> str:
    """The consonants as they sound: mohamed, muhammad and mhmd are mhmd."""
    for letters, sound in _SOUNDS:
        word = word.replace(letters, sound)
    first = "a" if word[0] in "aeiou" else word[0]
    rest = re.sub("[aeiouy]", "", word[1:])
    return re.sub(r"(.)\1+", r"\1", first + rest)


def _weight(word: str) -> int:
    return 1 if word in _PARTICLES else 2 + min(len(word), 6)


def _han(name: str) -> list[str]:
    return _HAN.findall(unicodedata.normalize("NFKC", name))


def _overlap(a: list[str], b: list[str]) -> float:
    """The share of Chinese characters that two names have in common, each counted once."""
    rest = list(b)
    common = 0
    for letter in a:
        if letter in rest:
            rest.remove(letter)
            common += 1
    return common / max(len(a), len(b))


def _rounded(score: float) -> Decimal:
    return Decimal(f"{score:.2f}")
