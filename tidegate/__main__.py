"""The command line: `tidegate run` for everything on one machine, the parts alone, and the tools.

Tools print JSON on stdout and messages on stderr; exit 0 done, 1 the answer is no, 2 bad input.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

import tidegate
from tidegate.base.clock import utcnow
from tidegate.base.refusals import Malformed, Refusal
from tidegate.base.times import rfc3339
from tidegate.settings import Settings, SettingsFault, load

HOME = Path("data")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    args = _parser().parse_args(argv)
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

    from tidegate.custody.jobs import WrongChain
    from tidegate.db.migrate import MigrationFault
    from tidegate.db.server import ServerFault
    from tidegate.demo.run import CannotRun
    from tidegate.integrations.anvil import AnvilFault, AnvilMissing
    from tidegate.signer.settings import SettingsFault as SignerFault

    known = [Refusal, SettingsFault, OSError, WrongChain, MigrationFault, ServerFault]
    unusable = [psycopg.OperationalError, psycopg.errors.UndefinedTable]  # no database; not migrated
    return [*known, *unusable, CannotRun, AnvilFault, AnvilMissing, SignerFault]


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
    run.add_argument("--empty", action="store_true", help="do not seed the demo's customers")
    serve = _part(add("serve", _serve, "the API and the console"))
    serve.add_argument("--port", type=_port, default=8800)
    serve.add_argument("--host", default="127.0.0.1")
    _part(add("work", _work, "the worker: run as many as you like"))
    add("sign", _sign, "the signer, a process of its own").add_argument("--home", type=Path, default=HOME / "signer")
    _part(add("migrate", _migrate, "bring the database's schema up to date"))

    address = commands.add_parser("address", help="addresses").add_subparsers(required=True, metavar="COMMAND")
    check = address.add_parser("check", help="is this a payable address of that network?")
    check.add_argument("address")
    check.add_argument("--network", required=True)
    check.set_defaults(command=_address_check)

    screen = _part(add("screen", _screen, "which lists name this address?"))
    screen.add_argument("address")
    screen.add_argument("--network", required=True)

    lists = commands.add_parser("lists", help="screening lists").add_subparsers(required=True, metavar="COMMAND")
    load_list = _part(lists.add_parser("import", help="replace a list by a CSV file"))
    load_list.add_argument("name")
    load_list.add_argument("file", type=Path, help="CSV; - is standard input")
    load_list.add_argument("--force", action="store_true", help="accept a file that drops more than half of the list")
    load_list.set_defaults(command=_lists_import)

    policy = commands.add_parser("policy", help="policy packs").add_subparsers(required=True, metavar="COMMAND")
    pack = policy.add_parser("check", help="is this file a policy?")
    pack.add_argument("file", type=Path, help="JSON; - is standard input")
    pack.set_defaults(command=_policy_check)

    journal = commands.add_parser("journal", help="the journal").add_subparsers(required=True, metavar="COMMAND")
    verify = _part(journal.add_parser("verify", help="recompute every link of the hash chain"))
    verify.set_defaults(command=_journal_verify)
    return parser


def _port(said: str) -> int:
    if said.isascii() and said.isdigit() and 0 < len(said) < 6 and 0 < int(said) < 65536:
        return int(said)
    raise argparse.ArgumentTypeError(f"{said!r} is not a port; choose one between 1 and 65535")


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


def _serve(args: argparse.Namespace) -> int:
    from tidegate.serve import serve

    serve(load(args.settings), args.host, args.port)
    return 0


def _work(args: argparse.Namespace) -> int:
    from tidegate.worker import work

    work(load(args.settings))
    return 0


def _sign(args: argparse.Namespace) -> int:
    from tidegate.signer.program import run

    run(args.home)
    return 0


def _migrate(args: argparse.Namespace) -> int:
    from tidegate.db.migrate import migrate

    with resources.as_file(resources.files("tidegate.db").joinpath("migrations")) as folder:
        _say({"applied": migrate(load(args.settings).database_url, folder)})
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

    text = _bytes(args.file).decode("utf-8", errors="replace")
    with connect(_settings(args).database_url) as conn:
        done = screening.import_list(conn, args.name, text, "cli", utcnow(), force=args.force)
    _say(
        {
            "imported": done.imported,
            "removed": done.removed,
            "quarantined": [{"line": row.line, "reason": row.reason} for row in done.quarantined],
        }
    )
    return 0


def _policy_check(args: argparse.Namespace) -> int:
    from tidegate.policy.pack import faults, from_json

    wrong = faults(from_json(_text(args.file)))
    _say({"valid": not wrong, "errors": [{"field": f.field, "code": f.code, "message": f.message} for f in wrong]})
    return 1 if wrong else 0


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
