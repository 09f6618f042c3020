"""Every word of pages and mails: each in its own language, and one term for one thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType

import pytest
from reading_kit import strange

from tidegate.console import words
from tidegate.notifications import details, letters, rating_words, templates
from tidegate.notifications.letters import compose
from tidegate.notifications.templates import Text
from tidegate.withdrawals.facts import CATALOGUE

SAME = frozenset(
    {
        "Tidegate", "Webhook", "Safe", "Memo", "personal_sign", "nonce", "Nonce", "wei", "ppm", "https", "IPv", "a-f",
        "in",  # of the language of rules
        "address", "asset", "network",  # columns
        "Asia", "Shanghai", "AE-DU", "venue-a", "sanctions",  # examples of what to type
    }
)  # fmt: skip
"""Words that are the same in both languages."""

OTHER_TERMS = {
    "提现": "提币", "充币地址": "充值地址", "保证金": "保证资产", "押金": "保证资产", "商户": "商家", "承兑商": "商家",
    "定期提币": "自动提币", "动态码": "验证码", "暂扣": "扣押", "旅行规则消息": "旅行规则报文", "司法协助": "司法命令",
    "黑名单": "名单", "告警": "预警", "警报": "预警",
}  # fmt: skip
"""What the field also says -> what we say (docs/glossary.md): one word for one thing, on every page."""


def both(name: str, said: object) -> Iterator[tuple[str, str, str]]:
    """Every pair of English and Chinese below a dictionary."""
    if isinstance(said, Text):
        yield name, said.en, said.zh
    elif isinstance(said, letters.Words):
        yield from both(f"{name}.subject", said.subject)
        yield from both(f"{name}.body", said.body)
    elif isinstance(said, dict):
        for key, value in said.items():
            if isinstance(value, tuple) and [type(one) for one in value] == [str, str]:
                yield f"{name}.{key}", *value
            else:
                yield from both(f"{name}.{key}", value)


def of(module: ModuleType) -> Iterator[tuple[str, str, str]]:
    for name, said in vars(module).items():
        if name.isupper():
            yield from both(f"{module.__name__.rpartition('.')[2]}.{name}", said)


def sentences() -> Iterator[tuple[str, str, str]]:
    for code, said in details.DETAILS.items():
        yield from ((code, english, chinese) for english, chinese in said)
    for english, chinese in (*words.reasons.REASONS, *words.days.DAYS):
        yield english, english, chinese


EVERY = [
    *(said for module in (words, templates, letters, rating_words) for said in of(module)),
    *sentences(),
    *((fact.name, fact.en, fact.zh) for fact in CATALOGUE),
]


def test_every_word_is_of_its_language() -> None:
    assert len(EVERY) > 2000
    found = {}
    for name, english, chinese in EVERY:
        said = re.sub(r"\{\w+\}", "", chinese)
        if wrong := [*strange(english, "en", SAME), *strange(said, "zh", SAME)]:
            found[name] = wrong
    assert found == {}


def test_one_thing_has_one_name() -> None:
    found = [(name, other, OTHER_TERMS[other]) for name, _, zh in EVERY for other in OTHER_TERMS if other in zh]
    assert found == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_mail_of_every_kind_is_in_one_language(language: str) -> None:
    data = dict.fromkeys(letters.FIELDS, "1")
    for kind in letters.KINDS:
        letter = compose(kind, language, data, "https://a.example/m/1", "https://a.example/m/1/freeze")
        assert list(strange(f"{letter.subject} {letter.text}", language)) == [], kind
