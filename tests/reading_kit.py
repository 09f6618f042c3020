"""Reading pages as people do: what stands there in words, and which of them are in another language than the page."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from html import unescape
from html.parser import HTMLParser

from serving import Site

SAMPLES = 2
"""So many pages of one kind are read: of one withdrawal and another, not of every one."""

_HREF = re.compile(r'href="(/[^"#]*)"')
_ID = re.compile(r"\b[a-z]{2,5}_[0-9a-z]{10,}")
_NO_PAGE = re.compile(r"[?&](lang|theme)=|/static/|/(bundle|paper|proof|file|export)\b")

SILENT = frozenset({"script", "style", "code", "kbd", "pre", "textarea", "time", "bdi"})
"""What is no word of ours: codes, instants, and in <bdi> what somebody else wrote."""
VOID = frozenset({"input", "br", "meta", "link", "img", "hr"})
HEARD = ("title", "placeholder", "aria-label", "alt", "data-copied")

_NO_WORD = re.compile(r"https?://\S+|\S+@\S+|/[a-z0-9_{}/]{3,}|0x[0-9a-fA-F]+…?|\b[a-z]{2,5}_[0-9a-z…]+|\bcus_…")
_LATIN = re.compile(r"[A-Za-z][A-Za-z'’_\-.]*[A-Za-z]")
_TICKER = re.compile(r"[A-Z]{2,5}")
_CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")


def walk(site: Site, start: Sequence[str], language: str, seen: Collection[str] = ()) -> dict[str, str]:
    """Every page that links lead to from these, some of each kind, in this language; none of them fails. Of kinds that
    were `seen` by somebody else no more is looked at."""
    found: dict[str, str] = {}
    kinds = {_kind(path): SAMPLES for path in seen}
    todo = list(start)
    while todo:
        path = todo.pop(0)
        kind = _kind(path)
        if path in found or kinds.get(kind, 0) >= SAMPLES or _NO_PAGE.search(path):
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = site.http.get(path, headers={"Accept-Language": language})
        assert answer.status_code < 500, path
        if "text/html" in answer.headers.get("content-type", ""):
            found[path] = answer.text
            below = f"/{path.split('/')[1]}"
            todo += [unescape(link) for link in _HREF.findall(answer.text) if link.startswith(below)]
    return found


def _kind(path: str) -> str:
    """Pages of one kind differ in ids, places and what is searched for."""
    return re.sub(r"\b\d+\.\d+|(?<=[/=])\d+|=[^&]*", "*", _ID.sub("*", path))


class _Reader(HTMLParser):
    """Every text that people read or hear, with the language of the part that it stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool, str]] = [("", False, "")]  # tag, whether it is silent, language
        self.said: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        _, silent, language = self.open[-1]
        silent = silent or tag in SILENT or "hash" in (given.get("class") or "").split()
        language = (given.get("lang") or language)[:2]
        if not silent:
            self.said += [(language, given[name] or "") for name in HEARD if name in given]
        if tag not in VOID:
            self.open.append((tag, silent, language))

    def handle_endtag(self, tag: str) -> None:
        if any(name == tag for name, _, _ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        _, silent, language = self.open[-1]
        if not silent:
            self.said.append((language, data))


def read(page: str) -> list[tuple[str, str]]:
    """What a page says, each piece with its language."""
    reader = _Reader()
    reader.feed(page)
    return [(language, " ".join(text.split())) for language, text in reader.said if text.strip()]


def strange(said: str, language: str, names: frozenset[str] = frozenset()) -> Iterator[str]:
    """What of a text is not of its language. `names` are the same in both."""
    if language == "en":
        yield from (word for word in _CHINESE.findall(said) if word not in names)
        return
    for word in _LATIN.findall(_NO_WORD.sub(" ", said)):
        if word not in names and not _TICKER.fullmatch(word):
            yield word
