"""Each main page of the console with 50,000 withdrawals and 5,000 cases, beside a page that asks SELECT 1.

    .venv/bin/python bench/pages.py [WITHDRAWALS] [LOOKS]

Withdrawals are made through the flow, nine in ten then ended by one statement, and every tenth waits for a person. A
real server answers over loopback, one reader at a time; pages are looked at in turns, so that a busy machine is busy
for all of them. SELECT 1 is a page of the console like any other: session, words, frame, one statement.
"""

from __future__ import annotations

import gzip
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import httpx2 as httpx
from playwright.sync_api import sync_playwright
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

sys.path.insert(0, str(Path(__file__).parent.parent))  # the folder is no package of the product

from bench import filled, stage
from tidegate.api.door import Gate
from tidegate.base.clock import utcnow
from tidegate.base.refusals import NotFound
from tidegate.console.app import console
from tidegate.console.render import versions
from tidegate.console.visit import Page, Visit, guarded
from tidegate.db import Conn
from tidegate.demo.desk.past import flow as past
from tidegate.demo.desk.simulate import simulate
from tidegate.ledger import store as ledger_store
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.rating.calendars import flow as calendars
from tidegate.rating.runs import flow as runs
from tidegate.screening import flow as screening

ONE = "/one"
STATIC = ("theme.js", "console.css", "console.js", "icons.svg")


def one(visit: Visit) -> Response:
    visit.conn.execute("SELECT 1").fetchone()
    return visit.render("refused.html", refusal=NotFound("nothing", "The smallest page there is."), back="/console/")


def with_one(gate: Gate) -> ASGIApp:
    """The console with one page more."""
    app = console(gate)
    assert isinstance(app, Starlette)
    app.routes.insert(0, Route(ONE, guarded(gate, Page(ONE, one, None))))
    return app


def fill(conn: Conn) -> None:
    """What became of them, by number: nine in ten have ended, and about every tenth a person is asked."""
    filled.end(conn, timedelta(seconds=1))
    filled.ask_people(conn)
    conn.execute(
        """
        INSERT INTO payout (id, purpose, ref, party_id, network, wallet_id, asset_id, address, units, order_text,
                            signature, waiting_for, detail, next_at, created_at)
        SELECT 'pay_' || number, 'withdrawal', id, party_id, network, 'hot:' || network, asset_id, address, units, '{}',
               '', 'liquidity', 'The hot wallet holds less.', created_at, created_at
          FROM withdrawal WHERE number % 50 = 1
        """
    )
    conn.execute(
        """
        INSERT INTO restriction (id, party_id, kind, value, reason, created_by, created_at)
        SELECT 'res_' || n || p.id, p.id, 'watch', NULL, 'Seen beside an address that a victim named', 'bench', now()
          FROM party p CROSS JOIN generate_series(1, 40) n
        """
    )


def plant(conn: Conn) -> str:
    """Twenty lists, forty versions of the policy, a desk of a hundred merchants with two months of orders, and the
    rating of its last whole month; the merchant about whom most was told."""
    now = utcnow()
    for n in range(20):
        rows = "".join(f"ETH,{stage.address(f'listed {n} {m}')},Somebody {m}\n" for m in range(500))
        screening.import_list(conn, f"list-{n}", f"asset,address,entry\n{rows}", "bench", now, max_age_hours=24)
    pack = policies.active(conn, now)
    for n in range(40):
        policies.propose(conn, policies.shipped("demo"), f"key_{n}", now)
    desk = simulate(past.of_two_months(now))
    past.plant(conn, desk, past.House(ledger_store.assets(conn)[0], stage.LISTED, stage.DATA_KEY, pack), now)
    month = f"{(now.replace(day=1) - timedelta(days=1)):%Y-%m}"
    file = calendars.propose(conn, "CN", now.year, "mei", now)
    calendars.confirm(conn, file.row.id, file.row.hash, "anton", now)
    runs.run(conn, month, "bench", now, runs.on_postgres(conn))
    (most,) = conn.execute(
        "SELECT merchant_id FROM rating_fact GROUP BY merchant_id ORDER BY count(*) DESC, 1 LIMIT 1"
    ).fetchone() or ("",)
    return str(most)


def pages(conn: Conn, customer: str, merchant: str) -> list[str]:
    """The pages where people work, with the things that they are about."""
    (waiting,) = conn.execute("SELECT id FROM withdrawal WHERE status = 'in_review' LIMIT 1").fetchone() or ("",)
    (run,) = conn.execute("SELECT id FROM rating_run LIMIT 1").fetchone() or ("",)
    return [
        ONE, "/", "/?status=in_review", "/cases", "/cases?view=late", f"/withdrawals/{waiting}", "/customers",
        f"/customers/{customer}", "/treasury", "/payments", "/lists", "/restrictions", "/approvals", "/keys",
        "/journal", "/market", "/policies", "/merchants", f"/merchants/{merchant}", "/facts", "/rating",
        f"/rating/{run}",
    ]  # fmt: skip


def look(http: httpx.Client, paths: list[str], looks: int) -> None:
    """Every page in turns, after one round to warm up."""
    taken: dict[str, list[float]] = {path: [] for path in paths}
    sizes: dict[str, int] = {}
    for turn in range(looks + 1):
        for path in paths:
            began = time.perf_counter()
            answer = http.get(f"/console{path}")
            took = 1000 * (time.perf_counter() - began)
            assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
            sizes[path] = len(answer.content)
            if turn:
                taken[path].append(took)
    print("| page | p50, ms | p95, ms | HTML, kB |\n|---|---|---|---|")
    for path in paths:
        tail = statistics.quantiles(taken[path], n=20)[-1]
        print(f"| {path} | {statistics.median(taken[path]):.1f} | {tail:.1f} | {sizes[path] / 1000:.1f} |")
    first = sum(int(http.get(f"/console/static/{name}").headers["content-length"]) for name in STATIC)
    charts = int(http.get("/console/static/charts.js").headers["content-length"])
    print(f"first look: the page and {first / 1000:.0f} kB; charts, where there are any: {charts / 1000:.0f} kB; "
          f"again: the page alone ({len(versions())} files are kept by their hash)")  # fmt: skip
    print(f"(a page packed would be {len(gzip.compress(http.get('/console/').content)) / 1000:.0f} kB)")


def browse(site: str, cookie: str, paths: Sequence[str]) -> None:
    """What a browser counts as it opens a page: headers and bodies as they came over the wire, first and again."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        print("(no browser: transferred bytes were not measured)")
        return
    print("| page | first look, kB | again, kB |\n|---|---|---|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for path in paths:
            context = browser.new_context()
            context.add_cookies([{"name": "tidegate_session", "value": cookie, "url": site}])
            page = context.new_page()
            network, came = context.new_cdp_session(page), [0.0]
            network.send("Network.enable")
            network.on("Network.loadingFinished", lambda told, came=came: came.append(told["encodedDataLength"]))
            sums = []
            for _ in range(2):
                came.clear()
                page.goto(f"{site}/console{path}")
                page.wait_for_timeout(1500)
                sums.append(sum(came) / 1000)
            print(f"| {path} | {sums[0]:.0f} | {sums[1]:.0f} |")
            context.close()
        browser.close()


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    looks = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    with filled.house(many) as house:
        fill(house.conn)
        key = parties.create_key(house.conn, "auditor", "bench", "bench", utcnow())
        cookie = parties.open_session(house.conn, key.secret, utcnow()).cookie
        merchant = plant(house.conn)
        house.conn.execute("VACUUM ANALYZE")
        paths = pages(house.conn, house.people[0].id, merchant)
        with (
            filled.serving(house.url, with_one) as site,
            httpx.Client(base_url=site, timeout=60, trust_env=False) as http,
        ):
            http.cookies.set("tidegate_session", cookie)
            look(http, paths, looks)
            browse(site, cookie, ("/cases", "/", "/treasury", f"/merchants/{merchant}"))


if __name__ == "__main__":
    main()
