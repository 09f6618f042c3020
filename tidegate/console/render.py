"""Templates and what they may call: words, amounts, addresses in fours, instants, tones."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from typing import Any

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.datastructures import URL
from starlette.requests import Request

from tidegate.console.agents import named
from tidegate.console.words import LANGUAGES, Say, best

LANGUAGE = "tidegate_language"

TONES = {
    "good": "settled approved allow active open_ok paid released confirmed low fresh calm live matched certified",
    "wait": "awaiting_confirmation screening awaiting_information delayed in_review paying queued sent step_up "
    "delay review medium nervous stormy open pending draft shadow due stale created disputed exiting application",
    "bad": "declined returned seized decline freeze frozen high extreme halted failed stuck expired_sla late listed "
    "rejected dismissed ban",
}
"""Which tone a state is shown in. A state that stands nowhere is quiet."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

_TONE = {state: tone for tone, states in TONES.items() for state in states.split()}


def draw(template: str, part: str | None, **shown: object) -> str:
    """The template with these values, or one block of it; a block that it does not have is the whole page."""
    found = _environment().get_template(template)
    if part is None or part not in found.blocks:
        return found.render(shown)
    # What a template imports at its top is not there for a block alone.
    parts = _environment().get_template("parts.html").make_module(shown)
    return "".join(found.blocks[part](found.new_context({**shown, "parts": parts})))


def language(request: Request) -> Say:
    """The language that was chosen, else the first that the browser accepts."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE, "")
    return Say(chosen if chosen in LANGUAGES else best(request.headers.get("accept-language", "")))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tidegate.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "when": when,
        "until": until,
        "fours": fours,
        "square": square,
        "plain": plain,
        "grouped": grouped,
        "chart": json.dumps,
        "agent": named,
    }
    environment.globals |= {"built": built, "icon": icon, "tone": tone, "changed": changed}
    return environment


def grouped(amount: object) -> str:
    """An amount as people read it: 12500.5 is 12,500.5. What is no number stays as it is."""
    text = str(amount)
    whole, point, rest = text.removeprefix("-").partition(".")
    if not (whole.isascii() and whole.isdigit()):
        return text
    return f"{'-' if text.startswith('-') else ''}{int(whole):,}{point}{rest}"


def square(uri: str) -> Markup:
    """What a telephone's camera reads an address from, black on white in any theme."""
    return Markup(segno.make(uri, error="m").svg_inline(scale=4, border=3, dark="#000", light="#fff", omitsize=False))


def tone(state: str) -> str:
    """`good`, `wait`, `bad` or `quiet`."""
    return _TONE.get(state, "quiet")


def when(at: datetime | str | None) -> Markup:
    """An instant: UTC in the page, the viewer's zone once the script has run, UTC again on hover. A dash for none."""
    if at is None:
        return Markup("–")
    stamp = _stamp(at)
    return Markup('<time datetime="{}">{} UTC</time>').format(stamp, stamp[:16].replace("T", " "))


def until(at: datetime | str | None) -> Markup:
    """The same as a countdown."""
    if at is None:
        return Markup("–")
    stamp = _stamp(at)
    return Markup('<time datetime="{}" data-until>{} UTC</time>').format(stamp, stamp[:16].replace("T", " "))


def _stamp(at: datetime | str) -> str:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fours(text: str, beside: str | None = None) -> Markup:
    """An address in groups of four, as people compare them; beside another one, groups say whether they agree, and
    the characters that do not are marked."""
    other = _groups(beside) if beside else None
    parts = []
    for place, group in enumerate(_groups(text)):
        if other is None:
            parts.append(f"<span>{escape(group)}</span>")
            continue
        against = other[place] if place < len(other) else ""
        if group.lower() == against.lower():
            parts.append(f'<span class="same">{escape(group)}</span>')
        else:
            parts.append(f'<span class="other">{_marked(group, against)}</span>')
    return Markup(f'<span class="hash fours">{"".join(parts)}</span>')


def _marked(group: str, against: str) -> str:
    """A group whose characters are marked where the other's are different; case tells nothing to the eye."""
    return "".join(
        escape(letter) if letter.lower() == against[place : place + 1].lower() else f"<b>{escape(letter)}</b>"
        for place, letter in enumerate(group)
    )


def _groups(text: str) -> list[str]:
    start = 2 if text.startswith("0x") else 0
    groups = [text[i : i + 4] for i in range(start, len(text), 4)]
    return ["0x", *groups] if start else groups


def changed(here: URL, **parameters: str) -> str:
    """This page's address with other parameters, without the host: a link for another language, page or filter."""
    kept = {name: value for name, value in parameters.items() if value != ""}
    url = here.remove_query_params(["part", "done", "seen", *parameters]).include_query_params(**kept)
    return f"{url.path}?{url.query}" if url.query else str(url.path)


def plain(value: object, most: int | None = None) -> str:
    """A value of the journal as people write it: an instant as instants are, a list by its parts, yes and no as they
    are stored; of a text no more than `most` characters."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return when(value)
    if isinstance(value, list):
        text = ", ".join(plain(one) for one in value) or "–"
    elif isinstance(value, dict):
        text = ", ".join(f"{name} {plain(one)}" for name, one in value.items()) or "–"
    else:
        text = json.dumps(value) if isinstance(value, bool) else str(value)
    return text if most is None or len(text) <= most else f"{text[:most]}…"


def icon(name: str) -> Markup:
    """A drawing of the sprite; the words beside it say what it means."""
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>').format(
        built("icons.svg"), name
    )


def built(name: str) -> str:
    """The address of a built file; it changes with its content, so browsers keep it for a year."""
    return f"/console/static/{name}?v={versions()[name]}"


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Built file -> the beginning of its hash. Raises FileNotFoundError where the assets were not built."""
    told: Any = json.loads(resources.files("tidegate.console").joinpath("_static/versions.json").read_text())
    return dict(told)
