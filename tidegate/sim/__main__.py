"""Schedules from seeds: `python -m tidegate.sim 1234` tells the story of one, `… 0-5000` runs many and tells failures.

Exit 0: all held. 1: one did not; its story and how to replay it are on stdout. 2: bad input.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

import structlog

from tidegate.db.server import EmbeddedServer
from tidegate.sim.house import Estate
from tidegate.sim.schedule import Failed, Result, run_all

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Nobody pulls the plug of the simulated machine, so its server does not wait for the disk."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run them; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tidegate.sim", description="Replay the payout path from seeds.")
    parser.add_argument("seeds", help="one seed (told step by step), or a range such as 0-5000")
    parser.add_argument("--jobs", type=int, default=1, help="processes; each has a database of its own (default 1)")
    args = parser.parse_args(argv)
    try:
        seeds = _seeds(args.seeds)
    except ValueError:
        print(f"tidegate.sim: {args.seeds!r} is no seed and no range; write 1234 or 0-5000", file=sys.stderr)
        return 2
    quiet()
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o711)  # the server may run under another account
        server = EmbeddedServer(Path(home), FAST)
        try:
            return _run(server.start(), Path(home), seeds, max(1, args.jobs))
        finally:
            server.stop()


def quiet() -> None:
    """Thousands of faults are meant to happen; what matters of them is in the story."""
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _seeds(text: str) -> range:
    first, dash, last = text.partition("-")
    found = range(int(first), int(last) + 1) if dash else range(int(first), int(first) + 1)
    if not found:
        raise ValueError(text)
    return found


def _run(url: str, folder: Path, seeds: range, jobs: int) -> int:
    if len(seeds) == 1:
        return _tell(url, folder, seeds)
    parts = [(url, folder, f"sim{number}", seeds[number::jobs]) for number in range(jobs)]
    statuses: Counter[str] = Counter()
    met: Counter[str] = Counter()
    with get_context("spawn").Pool(jobs) as pool:
        for said in pool.imap_unordered(_part, parts):
            if isinstance(said, str):
                print(said)
                return 1
            statuses.update(said[0])
            met.update(said[1])
    print(f"{len(seeds)} schedules held.")
    print("withdrawals in the end:", ", ".join(f"{n} {what}" for what, n in statuses.most_common()))
    print("what happened:", ", ".join(f"{n} {what}" for what, n in met.most_common()))
    return 0


def _tell(url: str, folder: Path, seeds: range) -> int:
    estate = Estate(url, folder)
    try:
        for result in run_all(estate, seeds):
            print("\n".join(result.story))
            print(f"seed {result.seed} held: {', '.join(result.statuses)}")
        return 0
    except Failed as failed:
        print(failed)
        return 1
    finally:
        estate.close()


def _part(part: tuple[str, Path, str, range]) -> tuple[Counter[str], Counter[str]] | str:
    """One process's share: what became of it, or the story of the first that did not hold."""
    url, folder, name, seeds = part
    quiet()
    statuses: Counter[str] = Counter()
    met: Counter[str] = Counter()
    estate = Estate(url, folder, name)
    try:
        for result in run_all(estate, seeds):
            _count(result, statuses, met)
        return statuses, met
    except Failed as failed:
        return str(failed)
    finally:
        estate.close()


def _count(result: Result, statuses: Counter[str], met: Counter[str]) -> None:
    statuses.update(result.statuses)
    met.update(result.met)


if __name__ == "__main__":
    sys.exit(main())
