"""Servers that are told what happens, their deliveries, and people who are told about a topic."""

from __future__ import annotations

from starlette.responses import Response

from tidegate.base.refusals import Malformed
from tidegate.console.visit import Page, Visit
from tidegate.notifications import flow as notifications
from tidegate.notifications.webhooks import flow as webhooks
from tidegate.notifications.webhooks.endpoint import OVERLAP_HOURS
from tidegate.notifications.webhooks.events import EVENTS, EVERY
from tidegate.notifications.webhooks.flow import Terms
from tidegate.parties import flow as parties

ROWS = 50
HOME = "/console/webhooks"
STATUSES = ("queued", "sending", "delivered", "dead")
TOPICS = ("market",)


def listed(visit: Visit) -> Response:
    """Every endpoint, newest first, and how it does."""
    return visit.render("admin/webhooks.html", webhooks=webhooks.endpoints(visit.conn), every=EVERY)


def one(visit: Visit) -> Response:
    """One endpoint: what it was sent in the last 30 days, newest first, and what became of it."""
    status, before = visit.asked("status"), visit.asked("before")
    if status is not None and status not in STATUSES:
        raise Malformed("status_unknown", f"{status[:40]!r} is none of {', '.join(STATUSES)}.")
    endpoint = webhooks.get(visit.conn, visit.id)
    found = webhooks.deliveries(visit.conn, visit.id, status, _number(before) if before else None, ROWS)
    return visit.render(
        "admin/webhook.html",
        hook=endpoint,
        deliveries=found,
        statuses=STATUSES,
        chosen=status or "",
        names={key.id: key.label for key in parties.keys(visit.conn)},
        most_hours=OVERLAP_HOURS[-1],
        older=str(found[-1].sequence) if len(found) == ROWS else None,
    )


def new(visit: Visit) -> Response:
    """The form for another endpoint."""
    return visit.render("admin/new_webhook.html", events=EVENTS, every=EVERY)


def register(visit: Visit) -> Response:
    """Tell a server what happens from now on. The secret that signs is shown in this answer and nowhere else."""
    assert visit.form is not None  # only POST comes here
    types = [str(type) for type in visit.form.getlist("types")]
    terms = Terms(
        visit.given("url").strip(), visit.given("label").strip(), types or [EVERY], visit.gate.webhook_networks
    )
    made = visit.once(lambda: webhooks.register(visit.conn, terms, visit.gate.data_key, visit.actor, visit.now))
    return visit.render(
        "admin/secret.html",
        title="webhook_made",
        secret=made.secret,
        about=terms.url,
        back=f"{HOME}/{made.endpoint.id}",
    )


def rotate(visit: Visit) -> Response:
    """Make a new secret; for some hours the one before signs beside it."""
    hours = _number(visit.given("overlap_hours"))
    made = visit.once(lambda: webhooks.rotate(visit.conn, visit.id, hours, visit.gate.data_key, visit.actor, visit.now))
    return visit.render(
        "admin/secret.html", title="webhook_made", secret=made.secret, about=made.endpoint.url, back=_page(visit)
    )


def enable(visit: Visit) -> Response:
    webhooks.enable(visit.conn, visit.id, visit.actor, visit.now)
    return visit.back_to(_page(visit), "webhook_enabled")


def remove(visit: Visit) -> Response:
    webhooks.remove(visit.conn, visit.id, visit.actor, visit.now)
    return visit.back_to(HOME, "webhook_removed")


def test(visit: Visit) -> Response:
    """Send a delivery that says nothing, to see whether it arrives."""
    webhooks.test(visit.conn, visit.id, visit.actor, visit.now)
    return visit.back_to(_page(visit), "webhook_tested")


def redeliver(visit: Visit) -> Response:
    """Send one delivery again, the same bytes under the same id."""
    webhooks.again(visit.conn, visit.id, _number(visit.given("sequence")), visit.actor, visit.now)
    return visit.back_to(_page(visit), "redelivered")


def _page(visit: Visit) -> str:
    return f"{HOME}/{visit.id}"


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise Malformed("number_invalid", f"{text[:20]!r} is not a whole number.")
    return int(text)


def subscriptions(visit: Visit) -> Response:
    """Who is told about what, the oldest first."""
    return visit.render(
        "admin/subscriptions.html",
        subscriptions=notifications.subscriptions(visit.conn),
        topics=TOPICS,
        names={key.id: key.label for key in parties.keys(visit.conn)},
    )


def subscribe(visit: Visit) -> Response:
    """Have an address told about a topic: one mail per piece of news, from now on."""
    topic = visit.given("topic")
    if topic not in TOPICS:
        raise Malformed("topic_unknown", f"{topic[:40]!r} is none of {', '.join(TOPICS)}.", field="topic")
    notifications.subscribe(
        visit.conn, topic, visit.given("email").strip(), visit.given("language"), visit.actor, visit.now
    )
    return visit.back_to("/console/subscriptions", "subscribed")


def unsubscribe(visit: Visit) -> Response:
    """Tell it no more, and forget the address."""
    notifications.unsubscribe(visit.conn, visit.id, visit.actor, visit.now)
    return visit.back_to("/console/subscriptions", "unsubscribed")


_WRITE = "webhooks:write"

PAGES = (
    Page("/webhooks", listed, "webhooks:read"),
    Page("/webhooks/new", new, _WRITE),
    Page("/webhooks/register", register, _WRITE, "POST"),
    Page("/webhooks/{id}", one, "webhooks:read"),
    Page("/webhooks/{id}/rotate", rotate, _WRITE, "POST", sensitive=True),
    Page("/webhooks/{id}/enable", enable, _WRITE, "POST"),
    Page("/webhooks/{id}/remove", remove, _WRITE, "POST"),
    Page("/webhooks/{id}/test", test, _WRITE, "POST"),
    Page("/webhooks/{id}/redeliver", redeliver, _WRITE, "POST"),
    Page("/subscriptions", subscriptions, "notices:read"),
    Page("/subscriptions/add", subscribe, "notices:write", "POST"),
    Page("/subscriptions/{id}/end", unsubscribe, "notices:write", "POST"),
)
