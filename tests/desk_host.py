"""The merchant's desk served to tests, in a frame and with a session that are as small as can be.

The cookie "party" says who is signed in; the desk's pages ask no more of a session than whose it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import serving
from fastapi import FastAPI
from jinja2 import ChoiceLoader, DictLoader
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from tidegate.api.app import ApiSettings, create_app
from tidegate.api.door import Gate
from tidegate.base.refusals import Refusal
from tidegate.console import render
from tidegate.console.desk.mine import Page
from tidegate.console.desk.pages import PAGES
from tidegate.console.visit import dressed, read_form
from tidegate.console.words import LANGUAGES, Say
from tidegate.db import Conn

CSRF = "only-one-in-tests"
FRAME = """<!doctype html>
<html lang="{{ 'zh-CN' if say.language == 'zh' else 'en' }}" data-theme="{{ theme }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{% block title %}{% endblock %}</title>
<link rel="icon" href="data:,">
<script src="{{ built('theme.js') }}"></script>
<link rel="stylesheet" href="{{ built('console.css') }}">
<script type="module" src="{{ built('console.js') }}"></script>
</head>
<body>
<header class="top"><strong>Tidegate</strong><div class="end">{% include "choices.html" %}</div></header>
<main class="public">
{% if done %}<p class="note good" role="status" data-done>{{ say.done(done) }}</p>{% endif %}
{% block main %}{% endblock %}
</main>
</body>
</html>
"""
REFUSED = """{% extends "portal/frame.html" %}
{% block main %}<p role="alert">{{ refusal.message }} <code>{{ refusal.code }}</code></p>{% endblock %}"""


@dataclass(frozen=True)
class Session:
    csrf: str


@dataclass(frozen=True)
class Visit:
    gate: Gate
    conn: Conn
    session: Session
    request: Request
    say: Say
    form: FormData | None
    now: datetime

    @property
    def id(self) -> str:
        return str(self.request.path_params["id"])

    @property
    def party_id(self) -> str:
        return self.request.cookies["party"]

    @property
    def actor(self) -> str:
        return self.party_id

    def asked(self, name: str) -> str | None:
        return (self.request.query_params.get(name) or "").strip() or None

    def given(self, name: str) -> str:
        return str(self.form.get(name, "")) if self.form is not None else ""

    def render(self, template: str, status: int = 200, **shown: object) -> Response:
        frame = {
            "say": self.say,
            "session": self.session,
            "here": self.request.url,
            "done": self.asked("done"),
            "theme": "auto",
            "languages": LANGUAGES,
            "now": self.now,
            "number": secrets.token_urlsafe(18),
        }
        part = self.asked("part") if "hx-request" in self.request.headers else None
        return HTMLResponse(render.draw(template, part, **frame, **shown), status)

    def back_to(self, path: str, done: str = "") -> Response:
        return RedirectResponse(f"{path}?{urlencode({'done': done})}", 303)


def _guarded(gate: Gate, page: Page) -> Callable[[Request], Any]:
    async def handle(request: Request) -> Response:
        form = await read_form(request) if request.method == "POST" else None

        def visited() -> Response:
            with gate.pool.connection(timeout=5) as conn:
                visit = Visit(gate, conn, Session(CSRF), request, render.language(request), form, gate.clock())
                assert form is None or visit.given("csrf") == CSRF, "a form without the session's token"
                try:
                    return page.show(visit)
                except Refusal as refusal:
                    return visit.render("portal/refused.html", refusal.status, refusal=refusal)

        return dressed(request, await gate.in_thread(visited))

    return handle


def host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every site that this test serves has the desk at /portal/desk."""

    def made(settings: ApiSettings, console: Callable[[Gate], Any], *more: Any) -> FastAPI:
        gates: list[Gate] = []

        def watched(gate: Gate) -> Any:
            gates.append(gate)
            return console(gate)

        app = create_app(settings, watched, *more)
        routes = [Route(page.path, _guarded(gates[0], page), methods=[page.method]) for page in PAGES]
        app.mount("/portal", Starlette(routes=routes))
        return app

    own = render._environment()
    frame = DictLoader({"portal/frame.html": FRAME, "portal/refused.html": REFUSED})
    monkeypatch.setattr(own, "loader", ChoiceLoader([own.loader, frame]))  # type: ignore[list-item]
    monkeypatch.setattr(serving, "create_app", made)
