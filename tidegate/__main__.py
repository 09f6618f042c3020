"""The command line: `tidegate run` for everything on one machine, the parts alone, and the tools.

Tools print JSON on stdout and messages on stderr; exit 0 done, 1 the answer is no, 2 bad input.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import signal
import sys
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import structlog

import tidegate
from tidegate.base.clock import utcnow
from tidegate.base.refusals import Malformed, Refusal
from tidegate.base.times import from_rfc3339, rfc3339
from tidegate.settings import Settings, SettingsFault, load

if TYPE_CHECKING:
    from tidegate.db import Conn
    from tidegate.rating.runs.flow import Look

HOME = Path("data")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    args = _parser().parse_args(argv)
    # Where `rich` happens to be installed, tracebacks show the value of every variable: keys, codes, cookies.
    structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback
    if os.environ.get("TIDEGATE_WITH_PARENT"):
        threading.Thread(target=_end_with_parent, daemon=True).start()
    command: Callable[[argparse.Namespace], int] = args.command
    try:
        done = command(args)
        sys.stdout.flush()
        return done
    except tuple(_expected()) as fault:
        if isinstance(fault, BrokenPipeError):  # whoever reads our answer has read enough, like `head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the flush at exit must not fail again
            return 128 + signal.SIGPIPE
        code = f"{fault.code}: " if isinstance(fault, Refusal) else ""
        print(f"tidegate: {code}{_one_line(fault)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _one_line(fault: Exception) -> str:
    """What went wrong. A driver says it in several lines, and a path may hold bytes that no terminal shows."""
    said = f"{fault.strerror}: {fault.filename}" if isinstance(fault, OSError) and fault.filename else str(fault)
    return " ".join(said.split()).encode("utf-8", "backslashreplace").decode()


def _expected() -> list[type[Exception]]:
    """What ends a command with one clear line; anything else is a bug and shows where."""
    import psycopg

    from tidegate.base.chain import Unreachable
    from tidegate.base.prices import FeedFault
    from tidegate.base.signing import SignerRefused
    from tidegate.custody.jobs import WrongChain
    from tidegate.db.migrate import MigrationFault
    from tidegate.db.server import ServerFault
    from tidegate.demo.run import CannotRun
    from tidegate.integrations.anvil import AnvilFault, AnvilMissing
    from tidegate.setup import SetupFault
    from tidegate.signer.settings import SettingsFault as SignerFault

    known = [Refusal, SettingsFault, SetupFault, OSError, WrongChain, MigrationFault, ServerFault]
    away = [Unreachable, SignerRefused, FeedFault]
    unusable = [psycopg.OperationalError, psycopg.errors.UndefinedTable]  # no database; not migrated
    return [*known, *unusable, *away, CannotRun, AnvilFault, AnvilMissing, SignerFault]


def _end_with_parent() -> None:
    """A part of `tidegate run` ends with it, however that was killed: its end of the pipe closes."""
    while os.read(0, 1024):  # not sys.stdin: its lock would be held when the process ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tidegate", description="The gate through which coins leave.")
    parser.add_argument("--version", action="version", version=f"tidegate {tidegate.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about, description=about)
        sub.set_defaults(command=command)
        return sub

    run = add("run", _run, "everything on one machine: database, node, signer, worker, API, console, demo")
    run.add_argument("--port", type=_port, default=8800)
    run.add_argument("--data-dir", type=Path, default=HOME)
    run.add_argument("--empty", action="store_true", help="do not seed the demo's customers and its desk")
    serve = _part(add("serve", _serve, "the API and the console"))
    serve.add_argument("--port", type=_port, default=8800)
    serve.add_argument("--host", default="127.0.0.1")
    _part(add("work", _work, "the worker: run as many as you like"))
    sign = add("sign", _sign, "the signer, a process of its own")
    sign.add_argument("--home", type=Path, default=HOME / "signer")
    sign.add_argument("--new", action="store_true", help="make the key store that its signer.json names, and stop")
    _part(add("migrate", _migrate, "bring the database's schema up to date"))

    link = _part(add("link", _link, "the demo only: a link that signs somebody in, once, within 15 minutes"))
    link.add_argument("who", metavar="WHO", help="a role of staff, or a customer: our id (cus_…) or the platform's own")

    setup = _part(add("setup", _setup, "networks, assets and the first admin's key, from one file"))
    setup.add_argument("file", type=Path, help="JSON; what is there already stays")

    address = commands.add_parser("address", help="addresses").add_subparsers(required=True, metavar="COMMAND")
    check = address.add_parser("check", help="is this a payable address of that network?")
    check.add_argument("address")
    check.add_argument("--network", required=True)
    check.set_defaults(command=_address_check)

    screen = _part(add("screen", _screen, "which lists name this address?"))
    screen.add_argument("address")
    screen.add_argument("--network", required=True)

    lists = commands.add_parser("lists", help="screening lists").add_subparsers(required=True, metavar="COMMAND")
    load_list = _part(lists.add_parser("import", help="replace a list by a file, or extend it by a history"))
    load_list.add_argument("name")
    load_list.add_argument("file", type=Path, help="CSV with a header, packed with gzip or not; - is standard input")
    load_list.add_argument(
        "--format",
        choices=("csv", "tags", "events"),
        default="csv",
        help="csv: who is listed now; tags: a tag pack; events: who was added and removed when",
    )
    load_list.add_argument("--force", action="store_true", help="accept a file that drops more than half of the list")
    load_list.set_defaults(command=_lists_import)

    policy = commands.add_parser("policy", help="policy packs").add_subparsers(required=True, metavar="COMMAND")
    pack = policy.add_parser("check", help="is this file a policy? every fault, each rule with its column")
    pack.add_argument("file", type=Path, help="JSON or YAML; - is standard input")
    pack.set_defaults(command=_policy_check)
    backtest = _part(policy.add_parser("backtest", help="what would its rules have done to stored decisions?"))
    backtest.add_argument("file", type=Path, help="a pack, or its section `rules` alone; JSON or YAML")
    backtest.add_argument("--since", type=_moment, metavar="TIME", help="like 2026-11-24T00:00:00Z")
    backtest.add_argument("--until", type=_moment, metavar="TIME")
    backtest.add_argument("--stage", choices=("request", "confirm"), default="request")
    backtest.set_defaults(command=_policy_backtest)
    export = _part(policy.add_parser("export", help="a version as YAML, with who stands for it"))
    export.add_argument("version", type=int)
    export.set_defaults(command=_policy_export)

    places = policy.add_parser("places", help="two tables of jurisdictions as a pack's section `places`")
    places.add_argument("places", type=Path, help="CSV: code,status,name,status_source,status_date,confidence")
    places.add_argument("rules", type=Path, help="CSV: code,rule,value,unit,scope,effective_from,…")
    places.set_defaults(command=_policy_places)

    market = commands.add_parser("market", help="the market").add_subparsers(required=True, metavar="COMMAND")
    replay = market.add_parser("replay", help="where would the regime have changed on these prices?")
    replay.add_argument("file", type=Path, help="CSV, also gzipped: ts_utc,open,high,low,close,volume")
    replay.add_argument(
        "--asset", default="FILE@file", metavar="ETH@ethereum", help="whose numbers of the policy count"
    )
    replay.add_argument("--peg", metavar="USD", help="what one coin should be worth, for a stablecoin")
    replay.add_argument(
        "--policy", type=Path, metavar="PACK", help="judge by this pack instead of the built-in numbers"
    )
    replay.set_defaults(command=_market_replay)
    load_prices = _part(market.add_parser("import", help="tell the prices of a CSV file"))
    load_prices.add_argument("file", type=Path)
    load_prices.add_argument("--asset", required=True)
    load_prices.add_argument("--network", required=True)
    load_prices.add_argument("--source", required=True)
    load_prices.set_defaults(command=_market_import)

    exports = commands.add_parser("export", help="files for others").add_subparsers(required=True, metavar="COMMAND")
    lake = _part(exports.add_parser("lake", help="closed days of the desk as Parquet, a manifest for each day"))
    lake.add_argument("folder", type=Path, help="made where it is missing; days that are there are not touched")
    lake.set_defaults(command=_export_lake)

    rating = commands.add_parser("rating", help="merchants").add_subparsers(required=True, metavar="COMMAND")
    evaluate = rating.add_parser("evaluate", help="answer the cases of a file by the rules, without a database")
    evaluate.add_argument("file", type=Path, help='JSON: {"cases": [...]}; - is standard input')
    evaluate.set_defaults(command=_rating_evaluate)

    draw = _part(rating.add_parser("run", help="draw a month's lines: ask the indicators, judge the facts"))
    draw.add_argument("month", help="like 2026-09")
    draw.add_argument("--engine", choices=("postgres", "duckdb"), default="postgres", help="who asks the indicators")
    draw.add_argument("--lake", type=Path, metavar="FOLDER", help="of duckdb: what `export lake` has written")
    draw.add_argument("--dry-run", action="store_true", help="say what the lines would be, and write nothing")
    draw.set_defaults(command=_rating_run)
    what_if = _part(rating.add_parser("whatif", help="who would move under the numbers of another pack?"))
    what_if.add_argument("pack", type=Path, help="a policy pack, or its section `rating` alone; JSON or YAML")
    what_if.add_argument("--months", type=int, default=12)
    what_if.set_defaults(command=_rating_what_if)

    desk = commands.add_parser("desk", help="the simulated desk").add_subparsers(required=True, metavar="COMMAND")
    simulate = desk.add_parser("simulate", help="make up a desk from a seed, with the truth beside it")
    simulate.add_argument("--seed", type=int, default=7)
    simulate.add_argument("--merchants", type=int, default=100)
    simulate.add_argument("--days", type=int, default=61)
    simulate.add_argument("--orders", type=int, default=24_000, help="about so many; the seed decides")
    simulate.add_argument("--begins", type=_day, default="2026-09-01", help="its first day, like 2026-09-01")
    simulate.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    simulate.set_defaults(command=_desk_simulate)
    score = desk.add_parser("score", help="ask the indicators about it, and compare with the truth")
    score.add_argument("folder", type=Path, metavar="DIR", help="what `desk simulate` wrote")
    score.add_argument("--policy", type=Path, metavar="PACK", help="the numbers of this pack, not the demo's")
    score.set_defaults(command=_desk_score)

    journal = commands.add_parser("journal", help="the journal").add_subparsers(required=True, metavar="COMMAND")
    verify = _part(journal.add_parser("verify", help="recompute every link of the hash chain"))
    verify.set_defaults(command=_journal_verify)
    return parser


def _port(said: str) -> int:
    if said.isascii() and said.isdigit() and 0 < len(said) < 6 and 0 < int(said) < 65536:
        return int(said)
    raise argparse.ArgumentTypeError(f"{said!r} is not a port; choose one between 1 and 65535")


def _moment(said: str) -> datetime:
    try:
        return from_rfc3339(said)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{said!r} is not a time; write it like 2026-11-24T00:00:00Z") from None


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{said!r} is not a day; write it like 2026-09-01") from None


def _bytes(file: Path) -> bytes:
    """The file; `-` is standard input."""
    return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()


def _text(file: Path) -> str:
    try:
        return _bytes(file).decode()
    except UnicodeDecodeError as fault:
        raise Malformed("encoding_not_utf8", f"{file} is not UTF-8 (byte {fault.start}).") from fault


def _part(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--settings", type=Path, default=HOME / "settings.json", help="written by `tidegate run`")
    return parser


def _run(args: argparse.Namespace) -> int:
    from tidegate.demo.run import run

    return run(args.data_dir, args.port, seed=not args.empty)


def _link(args: argparse.Namespace) -> int:
    from tidegate.db import connect
    from tidegate.demo.links import link

    settings = _settings(args)
    with connect(settings.database_url) as conn:
        _say({"link": link(conn, settings, args.who, utcnow())})
    return 0


def _serve(args: argparse.Namespace) -> int:
    from tidegate.serve import serve

    serve(load(args.settings), args.host, args.port)
    return 0


def _work(args: argparse.Namespace) -> int:
    from tidegate.worker import work

    work(load(args.settings))
    return 0


def _sign(args: argparse.Namespace) -> int:
    from tidegate.signer.program import create, run

    if args.new:
        _say({"keystore": str(create(args.home))})
        return 0
    run(args.home)
    return 0


def _migrate(args: argparse.Namespace) -> int:
    from tidegate.db.migrate import migrate

    with resources.as_file(resources.files("tidegate.db").joinpath("migrations")) as folder:
        _say({"applied": migrate(load(args.settings).database_url, folder)})
    return 0


def _setup(args: argparse.Namespace) -> int:
    from tidegate.db import connect
    from tidegate.setup import set_up

    settings = load(args.settings)
    with connect(settings.database_url) as conn:
        _say(set_up(conn, settings, args.file, utcnow()))
    return 0


def _address_check(args: argparse.Namespace) -> int:
    from tidegate.screening.address import UnknownNetwork, judge

    try:
        judged = judge(args.network, args.address)
    except UnknownNetwork as fault:
        print(f"tidegate: {fault}", file=sys.stderr)
        return 2
    _say({"valid": judged.valid, "kind": judged.kind, "normalised": judged.normalised, "reason": judged.reason})
    return 0 if judged.valid else 1


def _screen(args: argparse.Namespace) -> int:
    from tidegate.db import connect
    from tidegate.policy import flow as policies
    from tidegate.screening import flow as screening
    from tidegate.screening.address import UnknownNetwork, judge

    try:
        judged = judge(args.network, args.address)
    except UnknownNetwork as fault:
        print(f"tidegate: {fault}", file=sys.stderr)
        return 2
    if judged.normalised is None:
        print(f"tidegate: {args.address[:100]!r} is not an address of {args.network}: {judged.reason}", file=sys.stderr)
        return 2
    now = utcnow()
    with connect(_settings(args).database_url) as conn:
        found = screening.hits(conn, [(args.network, judged.normalised)], now)
        fresh = screening.freshness(conn, policies.active(conn, now).required_lists, now)
    hits = [
        {"list": hit.list, "entry": hit.entry, "category": hit.category, "as_of": rfc3339(hit.valid_from)}
        for hit in found.get((args.network, judged.normalised), ())
    ]
    _say({"hits": hits, "lists_fresh": all(state == "fresh" for state in fresh.values())})
    return 1 if hits else 0


def _lists_import(args: argparse.Namespace) -> int:
    from tidegate.db import connect
    from tidegate.screening import flow as screening

    with connect(_settings(args).database_url) as conn, _list_file(args.file) as lines:
        done = screening.import_list(
            conn, args.name, _bounded(lines), "cli", utcnow(), format=args.format, force=args.force
        )
    _say(
        {
            "imported": done.imported,
            "removed": done.removed,
            "quarantined": [{"line": row.line, "reason": row.reason} for row in done.quarantined],
        }
    )
    return 0


@contextmanager
def _list_file(path: Path) -> Iterator[TextIO]:
    """The file as text, unpacked where it is packed; `-` is standard input."""
    with (Path("/dev/stdin") if str(path) == "-" else path).open("rb") as raw:
        packed = raw.peek(2)[:2] == b"\x1f\x8b"
        with gzip.open(raw) if packed else nullcontext(raw) as plain:
            yield io.TextIOWrapper(plain, encoding="utf-8", errors="replace", newline="")


def _bounded(file: TextIO) -> Iterator[str]:
    """The lines of a file. One without an end comes in pieces: a small packed file may hold gigabytes.

    Raises Malformed `list_not_gzip` where a packed file is broken or cut off.
    """
    try:
        while line := file.readline(1 << 20):
            yield line
    except (gzip.BadGzipFile, zlib.error, EOFError) as fault:
        raise Malformed("list_not_gzip", f"The file is packed, but cannot be unpacked: {fault}.") from fault


def _policy_check(args: argparse.Namespace) -> int:
    from tidegate.api.policies import say
    from tidegate.policy.pack import faults
    from tidegate.policy.yaml_pack import from_text
    from tidegate.withdrawals.vocabulary import VOCABULARY

    wrong = faults(from_text(_text(args.file)), VOCABULARY)
    _say({"valid": not wrong, "errors": [say.fault(f) for f in wrong]})
    return 1 if wrong else 0


def _policy_backtest(args: argparse.Namespace) -> int:
    from tidegate.api.policies import say
    from tidegate.db import connect
    from tidegate.policy import flow as policies
    from tidegate.policy.yaml_pack import from_text
    from tidegate.withdrawals.backtest import flow as backtests
    from tidegate.withdrawals.vocabulary import VOCABULARY

    book = policies.draft_rules(from_text(_text(args.file)).get("rules", []), VOCABULARY)
    with connect(_settings(args).database_url) as conn:
        found = backtests.run(conn, book, args.since, args.until, utcnow(), args.stage)
    _say(say.backtest(found))
    return 0


def _policy_export(args: argparse.Namespace) -> int:
    from tidegate.db import connect
    from tidegate.policy import flow as policies

    with connect(_settings(args).database_url) as conn:
        print(policies.export(conn, args.version), end="")
    return 0


def _policy_places(args: argparse.Namespace) -> int:
    from tidegate.policy.jurisdiction_tables import convert

    made = convert(args.places.read_text(), args.rules.read_text())
    aside = [{"table": q.table, "line": q.line, "code": q.code, "reason": q.reason} for q in made.quarantined]
    _say({"places": made.places, "quarantined": aside})
    return 0


def _market_replay(args: argparse.Namespace) -> int:
    from tidegate.policy.market import replay
    from tidegate.policy.market.params import DEFAULTS
    from tidegate.policy.pack import from_json, parse

    rows = replay.read(_prices(args.file))
    p = DEFAULTS if args.policy is None else parse(from_json(args.policy.read_text())).market
    if args.peg is not None:
        p = replay.pegged(p, args.asset, args.peg)
    _say(replay.answer(replay.replay(rows, args.asset, p), p))
    return 0


def _market_import(args: argparse.Namespace) -> int:
    from tidegate.base.refusals import Malformed
    from tidegate.db import connect
    from tidegate.ledger import store as ledger
    from tidegate.policy.market import flow as market
    from tidegate.policy.market import replay

    rows = replay.read(_prices(args.file))
    done = market.Fed(0, 0, [], 0)
    with connect(_settings(args).database_url) as conn:
        asset = next((a for a in ledger.assets(conn) if (a.symbol, a.network) == (args.asset, args.network)), None)
        if asset is None:
            raise Malformed("asset_unknown", f"{args.asset}@{args.network} is not an asset here.")
        for start in range(0, len(rows), 500):
            bars = [(row.line, asset, row.bar) for row in rows[start : start + 500]]
            done += market.record(conn, args.source, bars, "cli", utcnow())
    _say(
        {
            "accepted": done.accepted,
            "duplicates": done.duplicates,
            "refused": [{"line": r.place, "code": r.code, "message": r.message} for r in done.refused],
            "changes": done.changes,
        }
    )
    return 1 if done.refused else 0


def _prices(path: Path) -> str:
    """The text of a price file, gzipped or not."""
    import gzip
    import zlib

    from tidegate.base.refusals import Malformed

    raw = path.read_bytes()
    try:
        return (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    except (EOFError, zlib.error, gzip.BadGzipFile, UnicodeDecodeError) as bad:
        raise Malformed("prices_unreadable", f"{path} is neither text nor gzipped text: {bad}") from bad


def _export_lake(args: argparse.Namespace) -> int:
    from tidegate.db import connect
    from tidegate.rating.lake import jobs as lake

    args.folder.mkdir(parents=True, exist_ok=True)
    with connect(_settings(args).database_url) as conn:
        done = lake.export(conn, args.folder, utcnow())
    days = [day.isoformat() for day in done.days]
    newest = done.newest and done.newest.isoformat()
    _say({"days": days, "rows": done.rows, "newest": newest, "manifest_sha256": done.hash})
    return 0


def _rating_evaluate(args: argparse.Namespace) -> int:
    from tidegate.rating.evaluation.answering import answers

    _say({"results": answers(_text(args.file))})
    return 0


def _rating_run(args: argparse.Namespace) -> int:
    from tidegate.api.rating_runs import say
    from tidegate.db import connect
    from tidegate.rating.lines import flow as lines
    from tidegate.rating.runs import flow as runs

    if (args.engine == "duckdb") != (args.lake is not None):
        raise Malformed("lake_missing", "--engine duckdb and --lake FOLDER belong together: the one reads the other")
    with connect(_settings(args).database_url) as conn:
        if args.dry_run:
            _say({"lines": [say.dry(*one) for one in runs.dry_run(conn, args.month, utcnow())]})
            return 0
        done = runs.run(conn, args.month, "cli", utcnow(), _look(args, conn))
        drawn = list(runs.lines_of(conn, done.run.id))
        standing = lines.standing_of(conn, [line.id for line in drawn])
        said = [say.line(line, standing[line.id]) for line in drawn]
        run = say.run(*runs.get(conn, done.run.id))
    _say({"run": run, "drawn": done.drawn, "kept": done.kept, "facts_told": done.told, "lines": said})
    return 0


def _look(args: argparse.Namespace, conn: Conn) -> Look:
    """Where the indicators are asked: the system of record, or a lake of closed days."""
    from tidegate.rating.lake import jobs as lake
    from tidegate.rating.runs import flow as runs

    if args.engine == "postgres":
        return runs.on_postgres(conn)
    return lambda window, policy: lake.look(args.lake, window, policy)


def _rating_what_if(args: argparse.Namespace) -> int:
    from tidegate.api.ratings import say
    from tidegate.db import connect
    from tidegate.policy.yaml_pack import from_text
    from tidegate.rating.governance import flow as governance

    pack = from_text(_text(args.pack))
    numbers, thresholds = pack.get("rating", pack), pack.get("indicators") if "rating" in pack else None
    now = utcnow()
    with connect(_settings(args).database_url) as conn:
        said = numbers if isinstance(numbers, dict) else {"rating": numbers}
        wanted = governance.draft(conn, said, now, thresholds)
        _say(say.what_if(governance.what_if(conn, wanted, now, args.months)))
    return 0


def _desk_simulate(args: argparse.Namespace) -> int:
    from tidegate.demo.desk import jobs
    from tidegate.demo.desk.simulate import Asked

    _say(jobs.write(Asked(args.seed, args.merchants, args.days, args.orders, args.begins), args.out))
    return 0


def _desk_score(args: argparse.Namespace) -> int:
    from tidegate.demo.desk import jobs
    from tidegate.policy import flow as policies
    from tidegate.policy.pack import parse
    from tidegate.policy.yaml_pack import from_text

    pack = policies.shipped("demo") if args.policy is None else from_text(_text(args.policy))
    _say(jobs.score(args.folder, parse(pack).indicators))
    return 0


def _journal_verify(args: argparse.Namespace) -> int:
    from tidegate.db import connect, journal

    with connect(_settings(args).database_url) as conn:
        verdict = journal.verify(conn)
    _say({"links": verdict.links, "entries": verdict.entries, "tip": verdict.tip, "broken": verdict.broken})
    return 1 if verdict.broken else 0


def _settings(args: argparse.Namespace) -> Settings:
    return load(args.settings)


def _say(answer: object) -> None:
    print(json.dumps(answer, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
