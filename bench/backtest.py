"""Forty rules over a million stored decisions: a back-test beside the same forty conditions counted by hand.

The facts are made by PostgreSQL in one statement, on an embedded server of this run's own. The figure is CPU time of
the one backend that works, per million decisions; the ratio is to `SELECT count(*) FILTER (WHERE …)` of the same
conditions over the table alone: no outcomes, no people, no money, no truths. Both in turns, three rounds.

    python bench/backtest.py [decisions]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from tidegate.db import Conn, connect
from tidegate.db.migrate import migrate
from tidegate.db.server import EmbeddedServer
from tidegate.policy.language import check, sql_condition
from tidegate.policy.rules import Mode
from tidegate.withdrawals.backtest.report import Group, Tried, put_together
from tidegate.withdrawals.backtest.store import run_rules
from tidegate.withdrawals.vocabulary import VOCABULARY

ROUNDS = 3
LINES = """
amount_usd > 50000 and level < 3
amount_usd > 1000 and level < 2
amount_usd > 0.8 * sent_30d_usd and address_age_hours < 72
amount_usd + sent_24h_usd > 40000 and level == 2
amount_usd > 0.9 * lifetime_usd and not is_first_withdrawal
sent_24h_usd * 4 > 3 * sent_7d_usd and withdrawals_24h >= 3
amount_usd > 20000 and account_age_hours < 720
is_first_withdrawal and amount_usd > 2000
not address_paid_before and amount_usd > 5000
address_age_hours < 24 and amount_usd > 500
address_age_hours < 48 and amount_usd > 20000
password_ever_changed and hours_since_password_change < 24
mfa_ever_changed and hours_since_mfa_change < 24
email_ever_changed and hours_since_email_change < 72
phone_ever_changed and hours_since_phone_change < 72
'scam' in on_list_categories
country in {'IR', 'KP', 'SY', 'CU'}
withdrawals_24h >= 7
withdrawals_24h >= 5 and not address_paid_before
network == 'tron' and asset == 'USDT' and amount_usd > 30000
ownership == 'unknown' and amount_usd > 10000
ownership == 'self_hosted' and amount_usd > 10000
requested_hour_utc in {1, 2, 3, 4} and amount_usd > 5000
account_age_hours < 48 and amount_usd > 300
account_age_hours < 24
level == 0 and amount_usd > 100
level == 1 and sent_30d_usd > 5000
amount_usd > max(1000, 0.5 * sent_30d_usd) and address_age_hours < 240
sent_7d_usd > 0.9 * sent_30d_usd and amount_usd > 3000
sent_24h_usd > 20000
sent_7d_usd > 60000
sent_30d_usd > 150000
lifetime_usd < 2000 and amount_usd > 2000
amount_units == available_units
amount_units * 10 > 9 * available_units and account_age_hours < 720
has_memo and network == 'ethereum'
country == 'BR' and amount_usd > 9000 and amount_usd < 10000
9000 <= amount_usd < 10000
not address_paid_before and address_age_hours < 1
password_ever_changed and mfa_ever_changed and hours_since_mfa_change < 168 and amount_usd > 1000
""".strip().splitlines()
OUTCOMES = ("review", "step_up", "delay 24", "decline")


def fill(conn: Conn, decisions: int) -> None:
    """Decisions of 50,000 customers; amounts are log-normal, most facts known, as they are in life."""
    made = f"""
        INSERT INTO decision_fact
        SELECT 'dec_' || lpad(n::text, 26, '0'), 'wd_' || lpad(n::text, 26, '0'),
               'cus_' || lpad((random() * 50000)::int::text, 26, '0'), 'request',
               timestamptz '2026-01-01' + n * interval '20 seconds',
               (ARRAY['allow','allow','allow','allow','delay','review','decline'])[1 + (random() * 6)::int],
               usd, usd, 100000, usd * (1 + trunc(exp(random() * 4))),
               (random() * 3)::int, (ARRAY['DE','SG','BR','FR'])[1 + (random() * 3)::int], 'customer',
               (random() * 9000)::int, (ARRAY['USDT','ETH'])[1 + random()::int],
               (ARRAY['tron','ethereum'])[1 + random()::int], '0x' || md5(n::text),
               random() < 0.1, (random() * 2000)::int, random() < 0.8,
               (ARRAY['unknown','vasp','self_hosted'])[1 + (random() * 2)::int],
               0, day, day + trunc(day * random()), day * 2 + trunc(day * random() * 4), day * 9,
               (random() * 8)::int, random() < 0.05,
               CASE WHEN random() < 0.3 THEN (random() * 900)::int END,
               CASE WHEN random() < 0.3 THEN (random() * 900)::int END,
               CASE WHEN random() < 0.3 THEN (random() * 900)::int END,
               CASE WHEN random() < 0.3 THEN (random() * 900)::int END,
               (random() * 23)::int, CASE WHEN random() < 0.02 THEN ARRAY['scam'] ELSE '{{}}' END, '{{}}', '{{}}',
               random() < 0.3, random() < 0.3, random() < 0.3, random() < 0.3
          FROM (SELECT n, trunc(exp(random() * 3 + random() * 3 + random() * 3) * 20000000) AS usd,
                       trunc(exp(random() * 3 + random() * 3 + random() * 3) * 30000000) AS day
                  FROM generate_series(1, {decisions}) n) AS made
    """
    conn.execute(made.encode())
    conn.execute("VACUUM ANALYZE decision_fact")


def main(decisions: int) -> None:
    rules = {f"rule_{n}": check(f"{line} -> {OUTCOMES[n % 4]}", VOCABULARY) for n, line in enumerate(LINES)}
    tried = [Tried(name, rule, Mode.LIVE, f"({sql_condition(rule)})") for name, rule in rules.items()]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for open_to_the_server in (home, home / "data"):
            open_to_the_server.mkdir(exist_ok=True)
            open_to_the_server.chmod(0o755)
        server = EmbeddedServer(home / "data", {"fsync": "off", "synchronous_commit": "off"})
        url = server.start()
        try:
            with resources.as_file(resources.files("tidegate.db").joinpath("migrations")) as migrations:
                migrate(url, migrations)
            with connect(url) as conn:
                fill(conn, decisions)
                compare(conn, tried, decisions)
        finally:
            server.stop()


def compare(conn: Conn, tried: list[Tried], decisions: int) -> None:
    plain = f"SELECT {', '.join(f'count(*) FILTER (WHERE {one.sql})' for one in tried)} FROM decision_fact"
    conn.execute("SET max_parallel_workers_per_gather = 0")
    conn.execute("SET jit = off")
    ours, hand = list[float](), list[float]()
    for _ in range(ROUNDS):
        hand.append(spent(conn, lambda: counted.extend(conn.execute(plain.encode()).fetchall())))
        ours.append(spent(conn, lambda: reports.append(run_rules(conn, tried, ("request", "decide"), None, None))))
    report = put_together(tried, *reports[-1])
    assert report.decisions == decisions
    assert [line.fired for line in report.rules] == list(counted[-1])
    per_million = 1_000_000 / decisions
    print(f"{decisions} decisions x {len(tried)} rules, median of {ROUNDS} rounds, CPU of the backend")
    print(f"back-test           {statistics.median(ours) * per_million:6.2f} s per million")
    print(f"counted by hand     {statistics.median(hand) * per_million:6.2f} s per million")
    print(f"ratio               {statistics.median([a / b for a, b in zip(ours, hand, strict=True)]):6.2f}")


counted: list[tuple[object, ...]] = []
reports: list[tuple[list[Group], dict[str, int]]] = []


def spent(conn: Conn, work: Callable[[], object]) -> float:
    """CPU seconds of the connection's backend."""
    stat = Path(f"/proc/{conn.info.backend_pid}/stat")
    before = ticks(stat)
    work()
    return (ticks(stat) - before) / os.sysconf("SC_CLK_TCK")


def ticks(stat: Path) -> int:
    fields = stat.read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
