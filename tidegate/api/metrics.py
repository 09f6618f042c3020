"""What operators watch: rates and times of calls, and how much waits where."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from tidegate.api import store
from tidegate.db import Conn


class Metrics:
    """The figures of one server. Those about work that waits are read from the database when asked for."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._calls = Counter(
            "tidegate_http_requests_total", "Calls by route and status", ["route", "status"], registry=self._registry
        )
        self._seconds = Histogram("tidegate_http_request_seconds", "Time to answer", ["route"], registry=self._registry)
        self._bound: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self._gauges = {
            name: Gauge(f"tidegate_{name}", about, ["what"], registry=self._registry)
            for name, about in (
                ("withdrawals_open", "Withdrawals that have not ended, by status"),
                ("payouts_open", "Payouts that have not ended, by what they wait for"),
                ("unread_news", "Journal entries that a reader could not act on"),
                ("webhooks", "Deliveries that are on their way or dead, and endpoints that were switched off"),
                ("cases_overdue", "Open cases that nobody answered in time, by kind"),
                ("books_difference_units", "Chain minus ledger in whole units, by asset"),
                ("books_unexplained_rounds", "Rounds in a row that nothing under way explains it, by asset"),
                ("ledger_accounts_off", "Accounts that are not the sum of their entries or holds"),
                ("worker_silent_seconds", "Since the last sign of life of the newest worker"),
                ("queue_depth", "Requests that wait for a commit"),
            )
        }

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count one call."""
        bound = self._bound.get((route, status))
        if bound is None:
            bound = self._bound[route, status] = (self._calls.labels(route, str(status)), self._seconds.labels(route))
        calls, times = bound
        calls.inc()
        times.observe(seconds)

    def text(self, conn: Conn, depth: int, now: datetime) -> str:
        """Everything in the text format of Prometheus."""
        for gauge in self._gauges.values():
            gauge.clear()
        for item in store.open_work(conn):
            self._gauges[item.kind].labels(item.what).set(item.count)
        beat = store.last_beat(conn)
        if beat is not None:
            self._gauges["worker_silent_seconds"].labels("worker").set(max(0.0, (now - beat).total_seconds()))
        self._gauges["queue_depth"].labels("withdrawals").set(depth)
        return generate_latest(self._registry).decode()
