"""The worker: everything that moves by itself. Run as many as you like, on as many machines as you like.

Each loop has a connection of its own and takes its turn by row locks and leases, so two workers never do one
thing twice. A loop that fails says so, waits a little longer each time, and goes on; the others do not notice.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tidegate import mailing
from tidegate.base.clock import utcnow
from tidegate.base.mail import Mailer
from tidegate.base.naming import NameScreening
from tidegate.base.outside import Receiver, TravelRule, Vendor
from tidegate.base.prices import Feed
from tidegate.cases import jobs as cases
from tidegate.custody import flow as wallets
from tidegate.custody import jobs as custody
from tidegate.custody.chain import Chain, Signer
from tidegate.db import Conn, connect, lease, reader
from tidegate.integrations.ccxt_prices import CcxtFeed
from tidegate.integrations.evm import EvmChain
from tidegate.integrations.mail import FolderMailer, SmtpMailer
from tidegate.integrations.signer_client import SignerClient
from tidegate.integrations.travel_rule import HttpTravelRule
from tidegate.integrations.vendor import HttpVendor
from tidegate.integrations.webhook import HttpReceiver
from tidegate.integrations.yente import Yente
from tidegate.news import RATING, READER, handlers, rating_handlers
from tidegate.notifications import flow as mails
from tidegate.notifications import jobs as notifications
from tidegate.notifications.jobs import Sender
from tidegate.notifications.webhooks import jobs as webhooks
from tidegate.p2p.merchants import jobs as merchants
from tidegate.p2p.orders import jobs as orders
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.policy.market import flow as market
from tidegate.policy.market import jobs as prices
from tidegate.rating import jobs as rating
from tidegate.screening import travel_rule
from tidegate.settings import Settings
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import jobs
from tidegate.withdrawals.backtest import flow as backtests
from tidegate.withdrawals.facts import DESTINATION_CODE
from tidegate.withdrawals.names import jobs as names
from tidegate.withdrawals.standing import jobs as standing

log = structlog.get_logger("worker")

Step = Callable[[Conn], int]
"""One turn of a loop: how much it did. 0 = nothing to do, so wait before the next turn."""


RECONCILE_EVERY = 60.0
"""Seconds between two rounds of reconciliation. A round asks the node for every wallet's balance and reads every
ledger entry, so it is no work for every second; and two rounds must lie further apart than a settlement takes."""


PRICES_EVERY = 20.0
"""Seconds between two questions to one venue: a bar of a minute is known within half a minute of its end."""

RETENTION_EVERY = 24 * 3600.0
"""Seconds between two looks for what nobody needs any more. A turn that found some looks again at once."""

OUTFLOW_EVERY = 15.0
"""Seconds between two looks at what left the hot wallets: a run is seen soon after the look that shows it."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Whom this worker asks outside: vendors by the check they answer, counterparties, a service of names."""

    vendors: Mapping[str, Vendor] = field(default_factory=dict)
    travel_rule: tuple[TravelRule, jobs.Directory] | None = None
    names: NameScreening | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    name: str
    step: Step
    pause: float  # seconds between turns that found nothing to do


def loops(
    chains: Mapping[str, Chain],
    signer: Callable[[], Signer],
    sign: withdrawals.Sign,
    clock: Callable[[], datetime],
    holder: str,
    outside: Outside | None = None,
    post: tuple[Mailer, Sender] | None = None,
    feeds: Mapping[str, Feed] | None = None,
    hooks: tuple[Receiver, bytes] | None = None,
) -> list[Loop]:
    """Every loop of a worker. Each gets chains and signers of its own: clients are not shared between threads.

    `post` None = nothing is written to customers; `feeds`: whom to ask for prices, by the source's name; `hooks`: the
    way to webhooks, and the data key that their secrets are sealed with, None = nobody is told anything.
    """
    chain_ids = {name: chain.chain_id() for name, chain in chains.items()}

    def setting(conn: Conn) -> Callable[[], withdrawals.Setting]:
        return lambda: withdrawals.setting(conn, clock())

    def news(conn: Conn) -> int:
        acting = handlers(lambda c: withdrawals.setting(c, clock()))
        return reader.read(conn, READER, acting, clock()) + reader.retry(conn, READER, acting, clock())

    def time(conn: Conn) -> int:
        return (
            jobs.release_due(conn, setting(conn), clock)
            + jobs.expire_due(conn, setting(conn), clock)
            + jobs.outside_due(conn, setting(conn), clock)
            + jobs.expire_alone_due(conn, clock)
            + jobs.authorise_approved(conn, sign, chain_ids, setting(conn), clock)
        )

    def runs(conn: Conn) -> int:
        return standing.run_due(conn, setting(conn), clock) + standing.expire_drafts(conn, clock)

    def retention(conn: Conn) -> int:
        now = clock()
        policy = policies.active_or_none(conn, now)
        keep = None if policy is None else policy.retention
        if keep is None:
            return 0
        return mails.purge(conn, keep.mails, now) + parties.purge(conn, keep.challenges, keep.sessions, now)

    def ledger(conn: Conn) -> int:
        custody.reconcile_ledger(conn, clock, holder)
        return 0  # whatever it found: the next round comes in its time

    def regimes(conn: Conn) -> int:
        return market.review_due(conn, "worker", clock())

    def outflow(conn: Conn) -> int:
        wallets.tell_outflow(conn, clock())
        return 0  # however many regimes changed: the wallets are looked at again in their time

    def ratings(conn: Conn) -> int:
        acting = rating_handlers()
        return reader.read(conn, RATING, acting, clock()) + reader.retry(conn, RATING, acting, clock())

    def tiers(conn: Conn) -> int:
        return rating.tick(conn, clock)

    made = [
        Loop("news", news, 0.1),
        Loop("time", time, 0.2),
        Loop("market", regimes, 5.0),
        Loop("outflow", outflow, OUTFLOW_EVERY),
        Loop("cases", lambda conn: cases.escalate_late(conn, clock), 2.0),
        Loop("standing", runs, 1.0),
        Loop("ratings", ratings, 0.5),
        Loop("tiers", tiers, 60.0),  # whatever is due by a day may be a minute late
        Loop("merchants", lambda conn: merchants.run_due(conn, clock), 5.0),
        Loop("orders", lambda conn: orders.expire_due(conn, clock) + orders.mature_due(conn, clock), 1.0),
        Loop("facts", lambda conn: backtests.keep_up(conn, clock()), 2.0),
        Loop("ledger", ledger, RECONCILE_EVERY),
        Loop("retention", retention, RETENTION_EVERY),
        *_outside_loops(outside or Outside(), setting, clock),
    ]
    if post is not None:
        made += _mail_loops(*post, clock)
    made += [_price_loop(source, feed, clock) for source, feed in (feeds or {}).items()]
    if hooks is not None:
        made += _hook_loops(*hooks, clock)
    for name, chain in chains.items():
        made += _network_loops(name, chain, signer(), clock, holder)
    return made


def _mail_loops(mailer: Mailer, sender: Sender, clock: Callable[[], datetime]) -> list[Loop]:
    def order(conn: Conn) -> int:
        acting = mailing.handlers(lambda c: withdrawals.setting(c, clock()))
        return reader.read(conn, mailing.READER, acting, clock()) + reader.retry(conn, mailing.READER, acting, clock())

    return [
        Loop("mails", order, 0.3),
        Loop("post", lambda conn: notifications.send_due(conn, mailer, sender, clock), 0.5),
    ]


def _price_loop(source: str, feed: Feed, clock: Callable[[], datetime]) -> Loop:
    def fetch(conn: Conn) -> int:
        prices.fetch(conn, source, feed, clock)
        return 0  # a venue is asked in its time, however much it said

    return Loop(f"prices:{source}", fetch, PRICES_EVERY)


def feeds_of(settings: Settings) -> dict[str, Feed]:
    """Whom the settings name for prices. Raises FeedFault."""
    return {
        source: CcxtFeed(p.venue, {_asset(name): symbol for name, symbol in p.markets.items()}, p.urls)
        for source, p in settings.prices.items()
    }


def _asset(name: str) -> tuple[str, str]:
    symbol, _, network = name.partition("@")
    return symbol, network


def _hook_loops(receiver: Receiver, data_key: bytes, clock: Callable[[], datetime]) -> list[Loop]:
    return [
        Loop("webhooks", lambda conn: webhooks.tell(conn, clock), 0.2),
        Loop("deliveries", lambda conn: webhooks.deliver_due(conn, receiver, data_key, clock), 0.2),
        Loop("old_deliveries", lambda conn: webhooks.forget_old(conn, clock), 600.0),
    ]


def _post(settings: Settings) -> tuple[Mailer, Sender] | None:
    """Who carries the mails, as the settings say."""
    mail = settings.mail
    if mail is None:
        log.warning("no mail: withdrawals that ask for a mail's link cannot be confirmed")
        return None
    sender = Sender(mail.sender, settings.public_url)
    if mail.folder is not None:
        return FolderMailer(mail.folder), sender
    assert mail.host is not None  # the settings were checked when they were read
    return SmtpMailer(mail.host, mail.port, mail.security, mail.user, mail.password()), sender


def _outside_loops(
    outside: Outside, setting: Callable[[Conn], Callable[[], withdrawals.Setting]], clock: Callable[[], datetime]
) -> list[Loop]:
    def vendor(check: str, who: Vendor) -> Loop:  # a loop for each: one that hangs keeps nobody else waiting
        return Loop(f"vendor:{check}", lambda c: jobs.ask_vendors(c, {check: who}, setting(c), clock), 0.2)

    made = [vendor(check, who) for check, who in outside.vendors.items()]
    if outside.travel_rule is not None:
        travel, directory = outside.travel_rule
        step: Step = lambda c: jobs.exchange_travel_rule(c, travel, directory, setting(c), clock)  # noqa: E731
        made.append(Loop("travel_rule", step, 1.0))
    service = outside.names
    if service is not None:
        made.append(Loop("names", lambda c: names.ask(c, service, setting(c), clock), 0.2))
    return made


def outside_of(settings: Settings) -> Outside:
    """Whom the settings name. Raises SettingsFault, ValueError for a number that is no LEI or a wrong dataset."""
    nodes = {name: EvmChain(n.rpc, name) for name, n in settings.networks.items()}
    vendors: dict[str, Vendor] = {DESTINATION_CODE: jobs.NodeVendor(nodes)}  # unless the settings name somebody else
    vendors |= {check: HttpVendor(v.url, v.key()) for check, v in settings.vendors.items()}
    n, t = settings.names, settings.travel_rule
    yente = None if n is None else Yente(n.url, n.dataset, n.key())
    if t is None:
        return Outside(vendors, names=yente)
    endpoints = {id: c.url for id, c in t.counterparties.items()}
    vasps = {id: travel_rule.provider(c.name, c.country) for id, c in t.counterparties.items()}
    directory = jobs.Directory(travel_rule.provider(t.name, t.country, t.lei), vasps)
    signing = Ed25519PrivateKey.from_private_bytes(t.key())
    return Outside(vendors, (HttpTravelRule(endpoints, signing), directory), yente)


def _network_loops(name: str, chain: Chain, signer: Signer, clock: Callable[[], datetime], holder: str) -> list[Loop]:
    seen: set[str] = set()

    def books(conn: Conn) -> int:
        custody.reconcile(conn, chain, name, clock, holder)
        return 0  # whatever it found: the next round comes in its time

    return [
        Loop(f"pay:{name}", lambda conn: custody.pay(conn, chain, signer, name, clock, holder), 0.2),
        Loop(f"watch:{name}", lambda conn: custody.watch(conn, chain, name, clock), 0.3),
        Loop(f"deposits:{name}", lambda conn: custody.scan_deposits(conn, chain, name, clock, seen), 0.3),
        Loop(f"sweep:{name}", lambda conn: custody.sweep(conn, chain, name, clock), 2.0),
        Loop(f"books:{name}", books, RECONCILE_EVERY),
        Loop(f"observe:{name}", lambda conn: custody.observe(conn, chain, name, clock), 5.0),
        Loop(f"watched:{name}", lambda conn: custody.observe_watched(conn, chain, name, clock), 30.0),
    ]


def work(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Refuses to start where a wallet's stored next nonce disagrees with the chain."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    key = Ed25519PrivateKey.from_private_bytes(settings.authoriser_key())

    outside, feeds = outside_of(settings), feeds_of(settings)

    def chains() -> dict[str, Chain]:
        return {name: EvmChain(n.rpc, name, trace=n.trace) for name, n in settings.networks.items()}

    def signer() -> Signer:
        return SignerClient(settings.signer_socket)

    with connect(settings.database_url) as conn:
        for name, chain in chains().items():
            custody.check_wallets(conn, chain, signer(), name)
    post = _post(settings)
    hooks = HttpReceiver(settings.webhook_networks), settings.data_key()
    holder = f"{socket.gethostname()}:{os.getpid()}"
    threads = [
        threading.Thread(target=_turn, args=(loop, settings.database_url, stop), name=loop.name, daemon=True)
        for loop in loops(
            chains(), signer, lambda payload: key.sign(payload).hex(), utcnow, holder, outside, post, feeds, hooks
        )
    ]
    threads.append(threading.Thread(target=_beat, args=(settings.database_url, holder, stop), daemon=True))
    for thread in threads:
        thread.start()
    log.info("working", holder=holder, loops=[thread.name for thread in threads])
    stop.wait()
    for thread in threads:
        thread.join(timeout=10)


def _turn(loop: Loop, url: str, stop: threading.Event) -> None:
    """One loop for the life of the process: turn, pause, and after a failure a new connection."""
    failures = 0
    while not stop.is_set():
        try:
            with connect(url) as conn:
                while not stop.is_set():
                    if loop.step(conn) == 0:
                        stop.wait(loop.pause)
                    failures = 0
        except Exception as fault:  # the loop is the last to hear of it: it says so and tries again
            failures += 1
            log.warning("loop failed", loop=loop.name, failures=failures, fault=f"{type(fault).__name__}: {fault}")
            stop.wait(min(30.0, 0.5 * 2 ** min(failures, 6)))


def _beat(url: str, holder: str, stop: threading.Event) -> None:
    """Say "alive" every few seconds, so that the console and /ready can tell a dead worker."""
    while not stop.is_set():
        try:
            with connect(url) as conn:
                while not stop.is_set():
                    lease.take(conn, f"worker:{holder}", holder, utcnow(), 15)
                    stop.wait(5)
        except Exception as fault:  # the database is away; the missing beat is what tells people
            log.warning("no heartbeat", fault=f"{type(fault).__name__}: {fault}")
            stop.wait(2)
