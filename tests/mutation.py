"""Break the rules on purpose, one mutant at a time, and list what no test noticed: `make mutate`.

mutmut writes the mutants. It then starts pytest anew for each of them, which takes about a second; here the tests are
collected once, and every mutant is a fork of that process which runs only the tests that enter the broken function,
until one fails: those first that noticed the mutants before, then the quickest. A module is imported before it is
broken: what runs at import is not tried, nor is a function behind a decorator, a property for one. docs/proof.md says
what was found.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import functools
import gc
import io
import json
import os
import pickle
import resource
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Any

import mutmut.__main__ as maker
import pytest
from _pytest.runner import runtestprotocol
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.format_utils import mangled_name_from_mutant_name

MEMORY = 4 * 2**30  # bytes: a loop that never ends must not take the machine with it
_CACHE = type(functools.lru_cache(maxsize=1)(len))
_STUMBLED = 255
PATIENCE = 10  # times the seconds that the tests take on code that is whole


@dataclass(frozen=True, slots=True)
class Entered:
    """Which functions one test enters, and for how long it runs (CPU seconds)."""

    test: str
    passed: bool
    functions: frozenset[str]
    seconds: float


@dataclass(slots=True)
class Found:
    """What became of every mutant, by file."""

    killed: Counter[str] = field(default_factory=Counter)
    survived: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    untested: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


class Hunt:
    """A pytest plugin that runs mutants where pytest would run the tests."""

    def __init__(self, mutants: Mapping[str, str], at_once: int, slow: float) -> None:
        self.mutants = mutants  # name -> file
        self.at_once = at_once
        self.slow = slow
        self.found = Found()
        self.entering: dict[str, list[Entered]] = defaultdict(list)  # function -> the tests that enter it

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        entering = self.entering
        for entered in sorted(_watched_in_child(session.items), key=lambda one: one.seconds):
            assert entered.passed, f"{entered.test} fails on code that is whole"
            for function in entered.functions if entered.seconds < self.slow else ():
                entering[function].append(entered)
        gc.collect()
        gc.freeze()  # or every child copies what its collector touches
        running: dict[int, tuple[str, list[Entered]]] = {}
        for count, (mutant, file) in enumerate(self.mutants.items()):
            if count % 20 == 0:
                print(f"{count} of {len(self.mutants)}: {file}", flush=True)
            tests = [*entering[mangled_name_from_mutant_name(mutant)]]
            if not tests:
                self.found.untested[file].append(mutant)
                continue
            if len(running) == self.at_once:
                self._ended(running)
            child = os.fork()
            if child == 0:
                _try(mutant, [items[one.test] for one in tests], sum(one.seconds for one in tests))
            running[child] = mutant, tests
        while running:
            self._ended(running)
        return True

    def _ended(self, running: dict[int, tuple[str, list[Entered]]]) -> None:
        child, status = os.wait()
        mutant, tests = running.pop(child)
        file = self.mutants[mutant]
        if status == 0:
            self.found.survived[file].append(mutant)
            print(f"left: {mutant}", flush=True)
            return
        self.found.killed[file] += 1
        by = os.waitstatus_to_exitcode(status) - 1
        if 0 <= by < len(tests):  # what noticed this one is likely to notice the next one of the function
            mine = self.entering[mangled_name_from_mutant_name(mutant)]
            mine.insert(0, mine.pop(mine.index(tests[by])))


def _watched_in_child(items: list[pytest.Item]) -> list[Entered]:
    """Every test on code that is whole, in a child: what it leaves in caches is not there for the mutants."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _hush()
        caches = [held for held in gc.get_objects() if isinstance(held, _CACHE)]
        said = pickle.dumps([_watched(item, caches) for item in items])
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(said)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    assert said, "the tests did not come to an end on code that is whole"
    seen: list[Entered] = pickle.loads(said)
    return seen


def _watched(item: pytest.Item, caches: list[Any]) -> Entered:
    for cache in caches:
        cache.cache_clear()  # a function whose answer is remembered is not entered
    state()._stats.clear()
    set_mutant_under_test("stats")
    started = process_time()
    passed = _passes(item)
    return Entered(item.nodeid, passed, frozenset(state()._stats), process_time() - started)


def _hush() -> None:
    """In a child: nothing it prints is heard."""
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)


def _try(mutant: str, items: list[pytest.Item], seconds: float) -> None:
    """In a child, which ends with 0 if every test passes, else with the number of the first that failed, from 1."""
    _hush()
    limit = int(process_time() + 5 + PATIENCE * seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    set_mutant_under_test(mutant)
    try:
        by = next((number for number, item in enumerate(items, start=1) if not _passes(item)), 0)
    except BaseException:  # pytest itself stumbled over it
        by = _STUMBLED
    os._exit(min(by, _STUMBLED))


def _passes(item: pytest.Item) -> bool:
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def _mutants(patterns: list[str]) -> dict[str, str]:
    """The mutants to run, and the file of each."""
    found: dict[str, str] = {}
    for meta in sorted(Path("mutants").rglob("*.meta")):
        file = str(meta.relative_to("mutants")).removesuffix(".meta")
        names = json.loads(meta.read_text())["exit_code_by_key"]
        found |= {name: file for name in names if not patterns or any(fnmatch.fnmatch(name, p) for p in patterns)}
    return found


def _forget_stale() -> None:
    """mutmut keeps every copy that is newer than its file, also one that was made before the file was to be broken."""
    for file in Path("tidegate").rglob("*.py"):
        copy = Path("mutants", file)
        if maker.config().should_mutate(file) and not Path(f"{copy}.meta").exists():
            copy.unlink(missing_ok=True)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("patterns", nargs="*", help="mutants to run, by pattern or name; all of them")
    asked.add_argument("--tests", nargs="*", help="test files to try, of tests/rules; all of them")
    asked.add_argument("--at-once", type=int, default=os.cpu_count() or 1)
    asked.add_argument("--slow", type=float, default=1.0, help="leave out tests that take more CPU seconds")
    asked.add_argument("--every", type=int, default=1, help="a sample: try one mutant of so many")
    asked.add_argument("--show", action="store_true", help="print what each survivor changes")
    args = asked.parse_args()
    with contextlib.redirect_stdout(io.StringIO()):
        Path("mutants").mkdir(exist_ok=True)
        _forget_stale()
        maker.copy_src_dir()
        maker.copy_also_copy_files()
        maker.setup_source_paths()
        maker.create_mutants(args.at_once)
    mutants = dict(list(_mutants(args.patterns).items())[:: args.every])
    hunt = Hunt(mutants, args.at_once, args.slow)
    here = Path.cwd()
    os.chdir("mutants")
    set_mutant_under_test("")
    # A test that fails is all that counts: to explain how two long texts differ takes longer than the test itself.
    options = [*maker.config().pytest_add_cli_args, "--assert=plain", "--tb=no"]
    chosen = args.tests or maker.config().pytest_add_cli_args_test_selection
    code = pytest.main(["--rootdir=.", *options, *chosen], plugins=[hunt])
    os.chdir(here)
    if code:
        sys.exit(int(code))
    found = hunt.found
    for file in sorted({*found.killed, *found.survived, *found.untested}):
        lost = found.survived[file] + found.untested[file]
        print(f"{file}: {found.killed[file] + len(lost)} mutants, {found.killed[file]} killed, {len(lost)} left")
        for mutant in lost if args.show else ():
            note = " (no test enters it)" if mutant in found.untested[file] else ""
            print(f"  {mutant}{note}")
            for line in get_diff_for_mutant(mutant, path=Path(file)).splitlines()[2:]:
                if line.startswith(("+", "-")):
                    print(f"    {line}")


if __name__ == "__main__":
    main()
