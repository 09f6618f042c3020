"""Webhooks against real servers on loopback: told once, delivered at least once, and never to a wrong place."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from crash_kit import Killed, dying
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from house import DATA_KEY, House, furnish
from travel_kit import Answering, Heard, counterpart

from tidegate.base.outside import Silent
from tidegate.base.refusals import Conflict, NotFound
from tidegate.cases import flow as cases
from tidegate.db import Conn, connect, reader
from tidegate.integrations.webhook import HttpReceiver
from tidegate.news import READER, handlers
from tidegate.notifications.webhooks import endpoint as rules
from tidegate.notifications.webhooks import flow, jobs
from tidegate.notifications.webhooks.flow import Made, Terms
from tidegate.notifications.webhooks.store import Delivery
from tidegate.parties import flow as parties

HERE = (ip_network("127.0.0.0/8"),)
NEWS = "customer.registered"


@pytest.fixture
def house(conn: Conn) -> House:
    house = furnish(conn)
    while jobs.tell(conn, house.clock):
        pass
    return house


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    made = HttpReceiver(HERE, timeout=2)
    yield made
    made.close()


def ok(_: Heard) -> Answering:
    return Answering(204)


def register(house: House, url: str, *types: str, label: str = "Back office") -> Made:
    made = flow.register(house.conn, Terms(url, label, types or (NEWS,), HERE), DATA_KEY, "admin", house.now)
    house.wait(seconds=1)
    return made


def happen(house: House) -> str:
    return parties.register(house.conn, f"u-{next(house.numbers)}", "DE", "A", "a@example.com", "test", house.now).id


def tell(house: House) -> None:
    while jobs.tell(house.conn, house.clock):
        pass


def deliver(house: House, receiver: Any) -> int:
    return jobs.deliver_due(house.conn, receiver, DATA_KEY, house.clock)


def all_of(house: House, made: Made) -> list[Delivery]:
    """Every delivery, oldest first."""
    return flow.deliveries(house.conn, made.endpoint.id, None, None, 200)[::-1]


def act_on_news(house: House) -> None:
    acting = handlers(lambda _: house.setting)
    while reader.read(house.conn, READER, acting, house.now):
        pass
    assert house.conn.execute("SELECT error FROM unread").fetchall() == []


def test_what_happens_is_told_signed_and_in_its_shape(house: House, receiver: HttpReceiver) -> None:
    with counterpart(ok) as (url, heard):
        made = register(house, url + "/hook?x=1")
        ada = happen(house)
        tell(house)
        assert deliver(house, receiver) == 1
        assert deliver(house, receiver) == 0
    (got,) = heard
    assert got.path == "/hook?x=1"
    assert rules.verify(got.headers, got.raw.decode(), rules.from_text(made.secret), house.now)
    assert got.body["type"] == NEWS
    assert got.body["data"] == {"customer": ada}
    assert got.body["sequence"] == 1
    assert got.body["id"] == got.headers["webhook-id"]
    (row,) = all_of(house, made)
    assert (row.status, row.answer, row.error, row.attempts) == ("delivered", 204, None, 1)


def test_each_endpoint_gets_what_it_asked_for_counted_without_gaps(house: House, receiver: HttpReceiver) -> None:
    with counterpart(ok) as (url, heard):
        some, other = register(house, url + "/some"), register(house, url + "/other", "deposit.credited")
        every = register(house, url + "/every", "*")
        for _ in range(3):
            ada = happen(house)
        parties.freeze(house.conn, ada, "Lost phone", "test", house.now)
        tell(house)
        while deliver(house, receiver):
            pass
    numbers: dict[str, list[int]] = {}
    for got in heard:
        numbers.setdefault(got.path, []).append(got.body["sequence"])
    assert sorted(numbers["/some"]) == [1, 2, 3]
    assert sorted(numbers["/every"]) == [1, 2, 3, 4]
    assert "/other" not in numbers
    last = {e.id: e.last_sequence for e in flow.endpoints(house.conn)}
    assert [last[made.endpoint.id] for made in (some, other, every)] == [3, 0, 4]


def test_what_happened_before_somebody_asked_is_not_told(house: House) -> None:
    happen(house)
    house.wait(seconds=1)
    made = register(house, "http://127.0.0.1:1/", "*")
    tell(house)
    assert all_of(house, made) == []


def test_the_journal_read_again_tells_nothing_twice(house: House) -> None:
    made = register(house, "http://127.0.0.1:1/")
    happen(house)
    tell(house)
    house.conn.execute("UPDATE reader SET link = 0, position = -1 WHERE name = %s", [flow.READER])
    with pytest.raises(Exception, match="webhook_delivery_endpoint_id_event_id_key"):
        tell(house)
    assert len(all_of(house, made)) == 1


# --- failures ----------------------------------------------------------------------------------------------------


def test_it_is_tried_for_days_with_the_same_bytes_and_then_dead(house: House, receiver: HttpReceiver) -> None:
    with counterpart(lambda _: Answering(500)) as (url, heard):
        made = register(house, url)
        happen(house)
        tell(house)
        for failures, pause in enumerate(rules.RETRIES, 1):
            assert deliver(house, receiver) == 1
            (row,) = all_of(house, made)
            assert (row.status, row.failures, row.answer) == ("queued", failures, 500)
            assert row.next_at == house.now + pause
            house.now = row.next_at - timedelta(microseconds=1)
            assert deliver(house, receiver) == 0
            house.now = max(row.next_at, flow.get(house.conn, made.endpoint.id).rests_until)
        assert deliver(house, receiver) == 1
        (row,) = all_of(house, made)
        assert (row.status, row.error, row.attempts) == ("dead", "HTTP status 500", 10)
        house.wait(days=2)
        assert deliver(house, receiver) == 0
    assert len({got.raw for got in heard}) == 1
    assert len({got.headers["webhook-id"] for got in heard}) == 1
    assert len({got.headers["webhook-timestamp"] for got in heard}) == 10


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 429, 503])
def test_no_other_answer_than_2xx_has_taken_it(house: House, receiver: HttpReceiver, status: int) -> None:
    with (
        counterpart(ok) as (elsewhere, led),
        counterpart(lambda _: Answering(status, b"", {"Location": elsewhere})) as (url, heard),
    ):
        made = register(house, url)
        happen(house)
        tell(house)
        deliver(house, receiver)
    assert (len(heard), led) == (1, []), "a redirect is not followed"
    assert all_of(house, made)[0].status == "queued"


def test_an_endless_answer_and_silence_are_failures(house: House, receiver: HttpReceiver) -> None:
    with counterpart(lambda _: Answering(200, b"x" * 1_000_000)) as (url, _):
        endless = register(house, url)
        silent = register(house, "http://127.0.0.1:1/")
        happen(house)
        tell(house)
        deliver(house, receiver)
    assert "longer than" in (all_of(house, endless)[0].error or "")
    assert "ConnectError" in (all_of(house, silent)[0].error or "")
    assert all_of(house, silent)[0].answer is None


def test_one_that_fails_is_tried_alone_and_one_success_forgives_it(house: House, receiver: HttpReceiver) -> None:
    answers = [500]
    with counterpart(lambda _: Answering(answers[0])) as (url, _):
        made = register(house, url)
        for _turn in range(6):
            happen(house)
        tell(house)
        assert deliver(house, receiver) == jobs.EACH
        house.now = flow.get(house.conn, made.endpoint.id).rests_until
        assert deliver(house, receiver) == 1
        answers[0] = 200
        house.wait(minutes=10)
        assert deliver(house, receiver) == 1
        forgiven = flow.get(house.conn, made.endpoint.id)
        assert (forgiven.failing_since, forgiven.failures) == (None, 0)
        assert deliver(house, receiver) == jobs.EACH


def test_it_is_not_tried_while_it_rests(house: House, receiver: HttpReceiver) -> None:
    with counterpart(lambda _: Answering(500)) as (url, _):
        made = register(house, url)
        for _turn in range(4):
            happen(house)
        tell(house)
        assert deliver(house, receiver) == 4
        found = flow.get(house.conn, made.endpoint.id)
        assert (found.failures, found.rests_until) == (4, house.now + rules.rest(4))
        house.now = found.rests_until - timedelta(microseconds=1)
        assert deliver(house, receiver) == 0
        house.now = found.rests_until
        assert deliver(house, receiver) == 1


def test_an_endpoint_that_hangs_keeps_the_others_waiting_for_no_more_than_its_share(
    house: House, receiver: HttpReceiver
) -> None:
    with counterpart(ok) as (url, heard):
        bad, good = register(house, "http://127.0.0.1:1/"), register(house, url)
        for _turn in range(20):
            happen(house)
        tell(house)
        for _turn in range(5):
            deliver(house, receiver)
    assert len(heard) == 20
    assert sum(row.attempts for row in all_of(house, bad)) == jobs.EACH
    assert {row.status for row in all_of(house, good)} == {"delivered"}


# --- switched off ------------------------------------------------------------------------------------------------


def test_after_five_days_of_failures_it_is_switched_off_and_people_are_asked(
    house: House, receiver: HttpReceiver
) -> None:
    answers = [500]
    with counterpart(lambda _: Answering(answers[0])) as (url, heard):
        made = register(house, url, label="Ledger of the shop")
        while flow.get(house.conn, made.endpoint.id).status == "active":
            happen(house)
            tell(house)
            deliver(house, receiver)
            house.wait(hours=12)
        found = flow.get(house.conn, made.endpoint.id)
        assert found.failing_since is not None
        assert found.ended_at is not None
        assert found.ended_at - found.failing_since >= rules.DISABLED_AFTER
        assert found.why == "nothing was taken for 5 days"
        act_on_news(house)
        (case,) = cases.page(house.conn, "open", None, 10)
        assert (case.kind, case.subject, case.reasons) == ("webhook", made.endpoint.id, ["webhook_disabled"])
        assert "Ledger of the shop: nothing was taken for 5 days" in cases.file(house.conn, case.id).evidence[0].note

        before = len(heard)
        happen(house)
        tell(house)
        assert deliver(house, receiver) == 0
        with pytest.raises(Conflict, match="switched off"):
            flow.test(house.conn, made.endpoint.id, "admin", house.now)

        answers[0] = 200
        key = parties.create_key(house.conn, "analyst", "lin", "admin", house.now)
        cases.answer(house.conn, case.id, key.id, "approve", "They have mended it", house.now)
        act_on_news(house)
        assert flow.get(house.conn, made.endpoint.id).status == "active"
        while deliver(house, receiver):
            pass
        assert len(heard) > before + 1, "what happened meanwhile was kept for it"
        assert flow.get(house.conn, made.endpoint.id).failing_since is None


def test_one_that_wants_no_more_is_switched_off_at_once_and_the_case_ends_when_it_is_on_again(
    house: House, receiver: HttpReceiver
) -> None:
    with counterpart(lambda _: Answering(410)) as (url, _):
        made = register(house, url)
        happen(house)
        tell(house)
        deliver(house, receiver)
    assert "410" in (flow.get(house.conn, made.endpoint.id).why or "")
    act_on_news(house)
    (case,) = cases.page(house.conn, "open", None, 10)
    flow.enable(house.conn, made.endpoint.id, "admin", house.now)
    flow.enable(house.conn, made.endpoint.id, "admin", house.now)
    act_on_news(house)
    assert cases.get(house.conn, case.id).status == "moot"


def test_a_removed_endpoint_is_told_nothing_and_its_case_ends(house: House, receiver: HttpReceiver) -> None:
    with counterpart(lambda _: Answering(410)) as (url, heard):
        made = register(house, url)
        happen(house)
        tell(house)
        deliver(house, receiver)
        act_on_news(house)
        flow.remove(house.conn, made.endpoint.id, "admin", house.now)
        act_on_news(house)
        happen(house)
        tell(house)
        assert deliver(house, receiver) == 0
    assert len(heard) == 1
    assert [case.status for case in cases.page(house.conn, None, None, 10)] == ["moot"]
    for gone in (flow.enable, flow.remove, flow.test):
        with pytest.raises(NotFound):
            gone(house.conn, made.endpoint.id, "admin", house.now)


# --- secrets, again, forgetting ----------------------------------------------------------------------------------


def test_both_secrets_sign_while_they_overlap_and_the_old_one_no_longer(house: House, receiver: HttpReceiver) -> None:
    with counterpart(ok) as (url, heard):
        made = register(house, url)
        old = rules.from_text(made.secret)
        new = rules.from_text(flow.rotate(house.conn, made.endpoint.id, 24, DATA_KEY, "admin", house.now).secret)

        def good() -> tuple[bool, bool]:
            flow.test(house.conn, made.endpoint.id, "admin", house.now)
            assert deliver(house, receiver) == 1
            got = heard[-1]
            first, second = (rules.verify(got.headers, got.raw.decode(), s, house.now) for s in (old, new))
            return first, second

        rotated = house.now
        assert good() == (True, True)
        house.now = rotated + timedelta(hours=24) - timedelta(seconds=1)
        assert good() == (True, True)
        house.now = rotated + timedelta(hours=24)
        assert good() == (False, True)
        newest = rules.from_text(flow.rotate(house.conn, made.endpoint.id, 0, DATA_KEY, "admin", house.now).secret)
        assert good() == (False, False)
        assert rules.verify(heard[-1].headers, heard[-1].raw.decode(), newest, house.now)


def test_a_third_secret_ends_the_first_at_once(house: House, receiver: HttpReceiver) -> None:
    """A secret that leaked stays good for as long as the overlap, not for as long as somebody goes on rotating."""
    with counterpart(ok) as (url, heard):
        made = register(house, url)
        flow.rotate(house.conn, made.endpoint.id, 168, DATA_KEY, "admin", house.now)
        flow.rotate(house.conn, made.endpoint.id, 168, DATA_KEY, "admin", house.now)
        flow.test(house.conn, made.endpoint.id, "admin", house.now)
        deliver(house, receiver)
    (got,) = heard
    assert got.headers["webhook-signature"].count("v1,") == 2
    assert not rules.verify(got.headers, got.raw.decode(), rules.from_text(made.secret), house.now)


def test_no_secret_lies_in_the_database(house: House) -> None:
    made = register(house, "http://127.0.0.1:1/")
    raw = rules.from_text(made.secret)
    for (sealed,) in house.conn.execute("SELECT sealed FROM webhook_secret").fetchall():
        assert raw not in bytes(sealed)
    kept = house.conn.execute("SELECT string_agg(body, ' ') FROM journal").fetchone()
    assert kept is not None
    assert made.secret not in kept[0]


def test_a_delivery_goes_again_as_it_was(house: House, receiver: HttpReceiver) -> None:
    with counterpart(ok) as (url, heard):
        made = register(house, url)
        happen(house)
        tell(house)
        deliver(house, receiver)
        queued = flow.again(house.conn, made.endpoint.id, 1, "admin", house.now)
        assert (queued.status, queued.delivered_at) == ("queued", None)
        assert deliver(house, receiver) == 1
    assert heard[0].raw == heard[1].raw
    assert heard[0].headers["webhook-id"] == heard[1].headers["webhook-id"]
    with pytest.raises(NotFound, match="no delivery 2"):
        flow.again(house.conn, made.endpoint.id, 2, "admin", house.now)


def test_the_dead_go_again_with_all_their_tries(house: House, receiver: HttpReceiver) -> None:
    with counterpart(ok) as (url, heard):
        made = register(house, url)
        for _turn in range(3):
            happen(house)
            house.wait(seconds=1)
            tell(house)
        house.conn.execute("UPDATE webhook_delivery SET status = 'dead', attempts = 10, failures = 10, deaths = 9")
        since = all_of(house, made)[1].created_at
        assert flow.dead_again(house.conn, made.endpoint.id, since, "admin", house.now) == 2
        assert deliver(house, receiver) == 2
    assert sorted(got.body["sequence"] for got in heard) == [2, 3]


def test_what_is_being_sent_is_not_queued_again(house: House) -> None:
    made = register(house, "http://127.0.0.1:1/")
    happen(house)
    tell(house)

    class Asks:
        def deliver(self, *_: Any) -> int:
            with connect(house.conn.info.dsn) as other, pytest.raises(Conflict, match="being sent"):
                flow.again(other, made.endpoint.id, 1, "admin", house.now)
            return 200

    assert deliver(house, Asks()) == 1


def test_deliveries_are_forgotten_after_thirty_days_whatever_became_of_them(house: House) -> None:
    made = register(house, "http://127.0.0.1:1/")
    happen(house)
    tell(house)
    house.now += rules.KEPT
    assert jobs.forget_old(house.conn, house.clock) == 0
    house.wait(microseconds=1)
    assert jobs.forget_old(house.conn, house.clock) == 1
    assert all_of(house, made) == []
    happen(house)
    tell(house)
    assert [row.sequence for row in all_of(house, made)] == [2], "numbers are never used twice"


def test_what_was_told_cannot_be_rewritten(house: House) -> None:
    register(house, "http://127.0.0.1:1/")
    happen(house)
    tell(house)
    with pytest.raises(Exception, match="sent as it was stored"):
        house.conn.execute("UPDATE webhook_delivery SET body = '{}'")


# --- where it goes -----------------------------------------------------------------------------------------------


def test_no_private_address_is_told_though_it_was_registered_when_it_might(house: House) -> None:
    """The settings of the API and of a worker may differ, and a name may stand for another address every minute."""
    with counterpart(ok) as (url, heard):
        made = register(house, url)
        happen(house)
        tell(house)
        public_only = HttpReceiver((), timeout=2)
        deliver(house, public_only)
        public_only.close()
    assert heard == []
    assert "no public address" in (all_of(house, made)[0].error or "")


def test_a_certificate_must_be_of_the_name_that_is_called(tmp_path: Path) -> None:
    """The address is pinned; the name is what the certificate has to be of."""
    pem = certificate(tmp_path, "hooks.example.com")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    trusting = ssl.create_default_context(cafile=str(pem))
    with counterpart(ok, tls=server) as (url, heard):
        port = url.rpartition(":")[2]
        receiver = HttpReceiver(HERE, 2, trusting)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", int(port)))])
            assert receiver.deliver(f"https://hooks.example.com:{port}/", "{}", {}) == 204
            with pytest.raises(Silent, match="ConnectError"):
                receiver.deliver(f"https://other.example.com:{port}/", "{}", {})
            stranger = HttpReceiver(HERE, 2)
            with pytest.raises(Silent, match="ConnectError"):
                stranger.deliver(f"https://hooks.example.com:{port}/", "{}", {})
    assert len(heard) == 1


def certificate(folder: Path, name: str) -> Path:
    """A certificate of its own for a name, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


# --- death -------------------------------------------------------------------------------------------------------


PATH = ("notifications/webhooks/jobs.py", "notifications/webhooks/flow.py", "notifications/webhooks/store.py")


@pytest.mark.parametrize("status", [200, 500])
def test_a_worker_may_die_at_any_line_and_nothing_is_lost_or_told_as_two(
    house: House, receiver: HttpReceiver, database_url: str, status: int
) -> None:
    answers = [status]

    def turn(conn: Conn) -> None:
        jobs.tell(conn, house.clock)
        jobs.deliver_due(conn, receiver, DATA_KEY, house.clock)

    with counterpart(lambda _: Answering(answers[0])) as (url, heard):
        made = register(house, url)
        happen(house)
        lines = dying(PATH, lambda: turn(house.conn), None)
        assert lines > 40
        for at in range(1, lines + 1):
            house.conn.execute(
                "UPDATE webhook_endpoint SET failing_since = NULL, failures = 0, rests_until = created_at"
            )
            happen(house)
            answers[0] = status
            conn = connect(database_url)
            dying(PATH, lambda conn=conn: turn(conn), at)  # type: ignore[misc]
            conn.close()
            house.now += jobs.LEASE
            answers[0] = 200
            for _turn in range(3):
                turn(house.conn)
        rows = all_of(house, made)
    assert [row.sequence for row in rows] == list(range(1, lines + 2))
    assert {row.status for row in rows} == {"delivered"}
    by_id: dict[str, set[bytes]] = {}
    for got in heard:
        by_id.setdefault(got.headers["webhook-id"], set()).add(got.raw)
    assert len(by_id) == lines + 1
    assert all(len(bodies) == 1 for bodies in by_id.values())


def test_whoever_dies_with_a_delivery_time_after_time_is_not_sent_it_again(house: House) -> None:
    made = register(house, "http://127.0.0.1:1/")
    happen(house)
    tell(house)
    sent: list[int] = []

    class Deadly:
        def deliver(self, *_: Any) -> int:
            sent.append(1)
            raise Killed

    for _turn in range(rules.MOST_DEATHS + 1):
        with pytest.raises(Killed):
            deliver(house, Deadly())
        house.now += jobs.LEASE
    assert deliver(house, Deadly()) == 1
    (row,) = all_of(house, made)
    assert (row.status, row.error, len(sent)) == ("dead", "no sender lived to tell", rules.MOST_DEATHS + 1)


def test_who_comes_back_late_records_nothing(house: House, database_url: str) -> None:
    made = register(house, "http://127.0.0.1:1/")
    happen(house)
    tell(house)

    class Fast:
        def deliver(self, *_: Any) -> int:
            return 200

    class Sleeper:
        def deliver(self, *_: Any) -> int:
            house.now += jobs.LEASE
            with connect(database_url) as other:
                assert jobs.deliver_due(other, Fast(), DATA_KEY, house.clock) == 1
            raise Silent("the line went dead")

    assert deliver(house, Sleeper()) == 1
    (row,) = all_of(house, made)
    assert (row.status, row.attempts) == ("delivered", 2)
    assert flow.get(house.conn, made.endpoint.id).failing_since is None
