"""What stands between a browser and a page, whoever sits at it: the session's cookie, the form and its token, and how
answers are dressed. What only staff or only customers have is in `visit.py` and `portal/visit.py`."""

from __future__ import annotations

import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from starlette.datastructures import URL, FormData
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from tidegate.api.door import Gate
from tidegate.base.refusals import Forbidden, Malformed, Refusal
from tidegate.console.render import LANGUAGE, draw, language
from tidegate.console.words import LANGUAGES, Say
from tidegate.db import Conn

THEME = "tidegate_theme"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MOST_FORM_BYTES = 64 * 1024
MOST_UPLOAD_BYTES = 16 * 1024 * 1024

Who = TypeVar("Who")


@dataclass(frozen=True, slots=True)
class AnyVisit(Generic[Who]):
    """What a page needs to answer: who is signed in, in which language, a connection, and the form that was sent."""

    gate: Gate
    conn: Conn
    session: Who
    request: Request
    say: Say
    form: FormData | None
    now: datetime

    @property
    def id(self) -> str:
        """The `{id}` of the path."""
        return str(self.request.path_params["id"])

    @property
    def host(self) -> str | None:
        """The network address that asks."""
        return host_of(self.request)

    @property
    def part(self) -> str | None:
        """The block of the page that htmx asks for again; None = the whole page."""
        return self.asked("part") if "hx-request" in self.request.headers else None

    def asked(self, name: str) -> str | None:
        """A parameter of the address, without spaces around; None when it is missing or empty."""
        return (self.request.query_params.get(name) or "").strip() or None

    def given(self, name: str) -> str:
        """A field of the form as it was typed; "" when it is missing."""
        return str(self.form.get(name, "")) if self.form is not None else ""

    def number(self) -> str:
        """The form's own number. Raises Malformed `form_old` for a form without one."""
        number = self.given("once")
        if not 20 <= len(number) <= 100:
            raise Malformed("form_old", "Open the page again; this form is not complete.")
        return number

    def back_to(self, path: str, done: str = "") -> Response:
        """After a form: to a page, which says what was done (a word's name)."""
        return RedirectResponse(
            f"{path}{'&' if '?' in path else '?'}{urlencode({'done': done})}" if done else path, 303
        )

    def framed(self, template: str, status: int, frame: Mapping[str, Any], shown: Mapping[str, Any]) -> HTMLResponse:
        """The page in its frame; asked for by htmx with a `part`, only the block of that name."""
        whole = {
            "say": self.say,
            "session": self.session,
            "here": self.request.url,
            "done": self.asked("done"),
            "theme": self.request.cookies.get(THEME, "auto"),
            "languages": LANGUAGES,
            "now": self.now,
            **frame,
        }
        return HTMLResponse(draw(template, self.part, **whole, **shown), status)


@asynccontextmanager
async def sent(request: Request, upload: bool = False) -> AsyncIterator[FormData | None]:
    """The form that came with a request, until it is answered: its fields, and a file where it may carry one; none of
    a form that is too long, breaks off or holds NUL, which no text of the database can. None = it carries none."""
    if request.method != "POST":
        yield None
        return
    form = await _read(request, MOST_UPLOAD_BYTES if upload else MOST_FORM_BYTES, 1 if upload else 0)
    try:
        yield form
    finally:
        await form.close()


async def typed(request: Request) -> FormData:
    """The fields of a form without files; empty where none came."""
    async with sent(request) as form:
        return FormData() if form is None else form


async def _read(request: Request, most: int, files: int) -> FormData:
    size = request.headers.get("content-length", "")
    if not size.isdigit() or int(size) > most:
        return FormData()
    try:
        form = await request.form(max_files=files, max_fields=200, max_part_size=most)
    except ClientDisconnect:  # nobody is left to read the answer
        return FormData()
    if any("\0" in value for _, value in form.multi_items() if isinstance(value, str)):
        await form.close()
        return FormData()
    return form


def check_token(form: FormData | None, token: str) -> None:
    """Every form carries its session's token. Raises Forbidden `form_token_wrong`."""
    if form is not None and not hmac.compare_digest(str(form.get("csrf", "")).encode(), token.encode()):
        raise Forbidden("form_token_wrong", "This form is not from this session; open the page again.")


def keep(answer: Response, request: Request, name: str, value: str, path: str, seconds: int | None = None) -> None:
    """A cookie that no script and no other site sees; over https it never leaves by http. Without `seconds` it ends
    with the browser."""
    secure = request.url.scheme == "https"
    answer.set_cookie(name, value, seconds, path=path, httponly=True, samesite="strict", secure=secure)


def host_of(request: Request) -> str | None:
    """The network address that asks, as a proxy whom we believe tells it."""
    return request.client.host if request.client else None


def to_sign_in(request: Request, home: str, was: str) -> Response:
    """To the sign-in page below `home`, which leads back to where somebody was."""
    back = str(URL(was).remove_query_params("done"))  # that was said before
    target = f"{home}sign-in?next={quote(back)}" if back != home else f"{home}sign-in"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


def here(request: Request) -> str:
    """The path that somebody asks for, with its parameters."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def came_from(request: Request, home: str) -> str:
    """The page on which a form stood, below `home`: what was typed waits there in the browser."""
    _, found, path = request.headers.get("referer", "").partition(home)
    return f"{home}{path}" if found else home


def inside(path: str, home: str) -> str:
    """The path where it lies below `home`, else `home`: nobody is led anywhere else."""
    return path if path.startswith(home) and "\\" not in path and "//" not in path else home


def read_credential(text: str) -> dict[str, Any]:
    """A passkey's answer as the browser wrote it into a form. Raises Malformed `credential_malformed`."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as bad:
        raise Malformed("credential_malformed", "This is no passkey's answer.", field="credential") from bad
    if not isinstance(said, dict):
        raise Malformed("credential_malformed", "This is no passkey's answer.", field="credential")
    return said


def asking(say: Say, ask: Callable[[], Mapping[str, Any]]) -> Response:
    """What an authenticator is asked, for the script of a page; a refusal is told there in the reader's words."""
    try:
        return JSONResponse(ask())
    except Refusal as refusal:
        told = {"code": refusal.code, "message": say.refused(refusal.code, refusal.message)}
        return JSONResponse(told, refusal.status)


def bare(request: Request) -> Mapping[str, Any]:
    """What a page shows when nobody is signed in."""
    theme = request.cookies.get(THEME, "auto")
    return {"say": language(request), "languages": LANGUAGES, "here": request.url, "theme": theme, "session": None}


def dressed(request: Request, answer: Response) -> Response:
    """With the content security policy, and the language and theme that somebody just chose."""
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Referrer-Policy"] = "same-origin"  # a form that is refused leads back to its page
    answer.headers.setdefault("Cache-Control", "no-store")
    for name, cookie, known in (("lang", LANGUAGE, LANGUAGES), ("theme", THEME, ("auto", "light", "dark"))):
        chosen = request.query_params.get(name)
        if chosen is not None and chosen in known:
            answer.set_cookie(cookie, chosen, path="/", samesite="strict", max_age=365 * 24 * 3600)
    return answer
