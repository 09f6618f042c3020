"""The reference page, made from the tables that the program itself runs on.

`python -m tidegate.reference > docs/reference.md` writes it; a test holds the committed page to what is generated.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence

from tidegate.api.door import PUBLIC, SIGNED, Route
from tidegate.api.routes import ROUTES
from tidegate.base.findings import Outcome
from tidegate.notifications import templates
from tidegate.notifications.templates import Text
from tidegate.notifications.webhooks.events import EVENTS, TEST, VERSION, Event
from tidegate.parties.access import ROLES, SCOPES
from tidegate.policy.market.regime import REASONS
from tidegate.withdrawals.checks import CHECKS
from tidegate.withdrawals.facts import CATALOGUE
from tidegate.withdrawals.review import BLOCKING, failed

_HEAD = """# Reference

Made by `python -m tidegate.reference` from the program's own tables; do not edit it. Bodies and answers are described
by the running server at `/openapi.json`; [start.md](start.md) shows them in use."""


def page() -> str:
    """The whole page, with a newline at its end."""
    return "\n\n".join([_HEAD, _routes(), _roles(), _checks(), _facts(), _market(), _events(), _messages()]) + "\n"


def _routes() -> str:
    sections = [
        "## Routes\n\n"
        "Scope: what a key needs; `public` needs no key, `signed` is for counterparties, who sign. Once: takes an\n"
        "`Idempotency-Key`. Refusals: those beyond what every route can answer (400, 401, 403, 413, 415, 422, 503;\n"
        "public ones 422 and 503). Every refusal is `application/problem+json` with a stable `code`.\n"
        "Besides these: `GET /health` (the process answers) and `GET /ready` (database, worker and nodes are there)."
    ]
    for name, group in _grouped(ROUTES).items():
        rows = [
            [
                f"`{route.method} {route.path}`",
                _first_line(route.does.__doc__),
                route.scope if route.scope in (PUBLIC, SIGNED) else f"`{route.scope}`",
                "yes" if route.once else "",
                str(route.status),
                ", ".join(map(str, route.refuses)),
            ]
            for route in group
        ]
        table = _table(["call", "what it does", "scope", "once", "answers", "refusals"], rows)
        sections.append(f"### {name}\n\n{table}")
    return "\n\n".join(sections)


def _grouped(routes: Sequence[Route]) -> dict[str, list[Route]]:
    """Routes by resource, in the order of the table."""
    groups: dict[str, list[Route]] = {}
    for route in routes:
        parts = route.path.split("/")
        groups.setdefault(parts[2] if parts[1] == "v1" else "operation", []).append(route)
    return groups


def _roles() -> str:
    rows = [[f"`{scope}`", *("yes" if scope in own else "" for own in ROLES.values())] for scope in sorted(SCOPES)]
    return (
        "## Roles\n\n"
        "A key has one role, and may be narrowed to some of its scopes. A customer's key sees that customer's own\n"
        "things only; anything else is 404.\n\n" + _table(["scope", *ROLES], rows)
    )


def _checks() -> str:
    rows = [
        [f"`{code}`", outcome, f"`{check.id}`", _first_line(check.run.__doc__)]
        for check in CHECKS
        for code, outcome in _findings_of(check.run)
    ]
    rows += [[f"`{code}`", outcome, "any", _first_line(failed.__doc__)] for code, outcome in _findings_of(failed)]
    stops = ", ".join(f"`{kind}`" for kind in sorted(BLOCKING))
    return (
        "## Checks of a withdrawal\n\n"
        "All run, in this order, at the request, at the confirmation, when a delay ends, after a person's approval\n"
        f"and just before payment. The strictest outcome wins, mildest first: {', '.join(Outcome)}.\n"
        f"Sections are those of the rulebook. A restriction of kind {stops} stops requests,\n"
        "confirmations, the ends of delays and payments before any check is asked.\n\n"
        + _table(["finding", "outcome", "check", "what it looks at"], rows)
    )


def _findings_of(check: Callable[..., object]) -> Iterator[tuple[str, str]]:
    """(code, outcome) of every finding that a check's source can make."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(check)))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
            codes, outcomes = _choices(node.args[0]), _choices(node.args[1])
            for place, code in enumerate(codes):
                assert isinstance(code, ast.Constant)  # codes are written out, so that they can be found
                outcome = outcomes[min(place, len(outcomes) - 1)]
                asks = outcome.attr.lower() if isinstance(outcome, ast.Attribute) else "as it says"
                yield str(code.value), asks


def _choices(node: ast.expr) -> list[ast.expr]:
    """Both sides of `a if … else b`, or the expression itself."""
    return [*_choices(node.body), *_choices(node.orelse)] if isinstance(node, ast.IfExp) else [node]


def _facts() -> str:
    rows = [[f"`{fact.name}`", f"`{fact.type}`", fact.unit, fact.clause, fact.en, fact.zh] for fact in CATALOGUE]
    return (
        "## Facts of a withdrawal\n\n"
        "What a decision sees, by the names that analysts' rules use. They are gathered once, under lock, and kept\n"
        "with the decision. A fact may be unknown: because nothing of the kind ever happened, or because nobody had\n"
        "looked when the decision was made. `money_usd` is whole micro-USD, `hours` are whole and rounded down.\n\n"
        + _table(["fact", "type", "unit", "clause", "meaning", "含义"], rows)
    )


def _market() -> str:
    rows = [[f"`{code}`", meaning] for code, meaning in REASONS.items()]
    return (
        "## Market regimes\n\n"
        "Why an asset is calm, nervous or stormy (`reason`). [market.md](market.md) says how it is measured.\n\n"
        + _table(["reason", "meaning"], rows)
    )


def _events() -> str:
    rows = [
        [f"`{event.type}`", event.meaning, ", ".join(f"`{name}`" for name in (event.subject, *event.fields))]
        for event in (*EVENTS, Event(TEST, "Somebody asked whether deliveries arrive.", "", "endpoint"))
    ]
    return (
        "## Webhook events\n\n"
        f"Every body has `id`, `type`, `version` ({VERSION}), `timestamp`, `sequence`, `cursor` and `data` with these\n"
        "fields, null where nothing is known. Fields may be added, none goes away.\n"
        "[guides/webhooks.md](guides/webhooks.md) says how they are signed and delivered.\n\n"
        + _table(["type", "meaning", "data"], rows)
    )


def _messages() -> str:
    parts = [
        "## What customers read\n\n"
        "Numbers and names of lists stay out of these; analysts find them at `GET /v1/decisions/{id}`.",
        "### Findings\n\n" + _texts(templates.FINDINGS),
        "### Declined or expired without a finding\n\n" + _texts(templates.ENDINGS),
        "### Next steps, by status\n\n" + _texts(templates.NEXT_STEPS),
        "### What a payment waits for\n\n" + _texts(templates.WAITING),
        "### Why a standing withdrawal is paused, waits or skips a run\n\n" + _texts(templates.STANDING),
        "### The market\n\n" + _texts({**templates.MARKET, "review": templates.MARKET_REVIEW}),
        "### Warning about our own blocklist, by version\n\n"
        + _texts({str(version): text for version, text in templates.WARNINGS.items()}),
        "### What reviewers ask\n\n" + _texts({**templates.INFORMATION, "(own words)": templates.ASKED}),
        "### Appeals\n\n" + _texts(templates.APPEALS),
        "### Where a merchant stands\n\n" + _texts(templates.MERCHANTS),
    ]
    return "\n\n".join(parts)


def _texts(texts: Mapping[str, Text]) -> str:
    return _table(["code", "English", "中文"], [[f"`{code}`", text.en, text.zh] for code, text in texts.items()])


def _first_line(text: str | None) -> str:
    """The sentence that a function begins with."""
    assert text is not None  # every route and check says what it does
    return text.strip().splitlines()[0]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write(page())
