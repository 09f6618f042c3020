"""docs/start.md, pasted block by block into bash against a fresh `tidegate run`; then Ctrl-C, and the second start.

The tour is right when every block succeeds and every answer that the page shows comes: what stands between two `…`
must be in the real answer, to the letter and in that order.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from running import Running, pid_of_part, pids_of, unused_address

from tidegate.integrations.anvil import AnvilMissing, binary

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "start.md"
DESK_PAGE = ROOT / "docs" / "guides" / "desk.md"
BLOCK = re.compile(r"^```bash\n(.*?)^```\n(?:^```json\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def _has_anvil() -> bool:
    try:
        binary(ROOT)
    except AnvilMissing:
        return False
    return True


pytestmark = pytest.mark.skipif(not _has_anvil(), reason="there is no anvil binary on this machine")


class Terminal(Running):
    """`tidegate run` in a terminal of its own: Ctrl-C reaches the whole foreground group, as a terminal does it."""

    def __init__(self, home: Path, *args: str) -> None:
        super().__init__(home)
        self.args = args

    def start(self) -> None:
        (self.home / "run.json").unlink(missing_ok=True)
        words = ["run", "--data-dir", str(self.home), "--port", str(self.port), *self.args]
        with open(self.home / "run.log", "ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tidegate", *words],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
                env={k: v for k, v in os.environ.items() if k != "TIDEGATE_DATABASE_URL"},
            )
        self.until("it runs", lambda: (self.home / "run.json").exists(), 180)

    def ctrl_c(self) -> int:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(60)


@contextmanager
def terminal(*args: str) -> Iterator[Terminal]:
    with tempfile.TemporaryDirectory(prefix="tidegate-start-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # the database's account passes through
        it = Terminal(Path(folder) / "data", *args)
        it.home.mkdir()
        try:
            it.start()
            yield it
        finally:
            it.close()


@dataclass(frozen=True)
class Step:
    """One block of the page, what it shows as the answer, and the answer that came."""

    commands: str
    shown: str
    came: str


def tour(it: Running, page: Path = PAGE) -> list[Step]:
    """Paste the whole page into one bash; every block with its output. Blocks of `make` are another test's."""
    blocks: list[tuple[str, str]] = [b for b in BLOCK.findall(page.read_text()) if not b[0].startswith("make")]
    script = "set -eu\n" + "".join(f"{commands}\necho; echo '=== end of a block'\n" for commands, _ in blocks)
    env = {**os.environ, "DATA": str(it.home), "API": f"http://127.0.0.1:{it.port}", "NO_PROXY": "127.0.0.1"}
    pasted = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    came = pasted.stdout.split("=== end of a block\n")
    assert pasted.returncode == 0, f"block {len(came)}:\n{blocks[len(came) - 1][0]}\n{came[-1]}\n{it.log()}"
    return [Step(commands, shown, answer) for (commands, shown), answer in zip(blocks, came, strict=False)]


def test_the_tour_does_what_it_shows() -> None:
    with terminal() as it:
        steps = tour(it)
        assert len(steps) >= 12
        for step in steps:
            _shows_what_came(step)
        everything = "".join(step.came for step in steps)
        for important in (
            '"status":"credited"',
            '"status":"settled"',
            "39900000 units arrived",
            '"code":"funds_short"',
            '"code":"over_limit_24h"',
            '"code":"address_bad_checksum"',
            '"code":"address_malformed"',
            '"code":"address_sanctioned"',
            '"code":"idempotency_key_reused"',
            "idempotency-replayed: true",
            '"broken": null',
        ):
            assert important in everything, important
        (customer,) = set(re.findall(r'"customer":"(cus_\w+)"', everything))
        assert it.available(customer) == "210"
        mine = it.ok("GET", f"/v1/withdrawals?customer={customer}")["withdrawals"]
        assert sorted(w["status"] for w in mine) == ["declined", "declined", "settled"]
        assert set(it.said["keys"]) == {
            "integrator",
            "analyst",
            "compliance",
            "treasury",
            "support",
            "auditor",
            "admin",
        }


def test_the_desk_that_was_made_up_can_be_rated_as_its_page_shows() -> None:
    with terminal() as it:
        for step in tour(it, DESK_PAGE):
            _shows_what_came(step)
        (books,) = [b for b in it.ok("GET", "/v1/treasury", role="treasury")["books"] if b["asset"] == "USDT"]
        assert books["difference"] == "0"


def test_the_readme_does_what_it_shows() -> None:
    with terminal() as it:
        (step,) = tour(it, ROOT / "README.md")
        _shows_what_came(step)
        (waiting,) = it.ok("GET", "/v1/withdrawals?status=in_review&limit=1")["withdrawals"]
        assert waiting["id"] in step.came


def _shows_what_came(step: Step) -> None:
    place = 0
    for line in step.shown.splitlines():
        for fragment in filter(None, line.split("…")):
            found = step.came.find(fragment, place)
            assert found >= 0, f"the page shows\n{fragment}\nbut after\n{step.commands}\ncame\n{step.came}"
            place = found + len(fragment)


def test_ctrl_c_leaves_no_process_and_the_second_start_finds_everything() -> None:
    with terminal("--empty") as it:
        id, totp = it.customer("first-day", 100)
        receiver = unused_address("second start")
        made = it.withdraw(id, totp, "40", receiver, "w")
        it.until("it settles", lambda: it.status(id=made) == "settled")
        before, keys = it.ok("GET", f"/v1/customers/{id}/balances"), it.said["keys"]

        family = descendants({it.process.pid if it.process else 0, pid_of_part(it.home, "postgres")})
        assert len(family) >= 6  # run, postgres and its own, node, signer, worker, API
        assert it.ctrl_c() == 0, it.log()
        assert [pid for pid in family if is_alive(pid)] == []
        assert pids_of(it.home) == []
        assert not (it.home / "run.json").exists()
        assert not re.search("Fatal Python error|Traceback", it.log())

        it.start()
        assert it.said["keys"] == keys
        assert [c["id"] for c in it.ok("GET", "/v1/customers")["customers"]] == [id]
        assert it.ok("GET", f"/v1/customers/{id}/balances") == before
        assert it.status(made) == "settled"
        assert it.tokens(receiver) == 39_900_000
        another = it.withdraw(id, totp, "20", receiver, "w2")
        it.until("it settles too", lambda: it.status(another) == "settled")
        assert it.tokens(receiver) == 39_900_000 + 19_900_000
        assert it.available(id) == "40"
        assert it.ctrl_c() == 0, it.log()
        assert pids_of(it.home) == []


def descendants(roots: set[int]) -> set[int]:
    """The processes and everything that they started, now."""
    parents = {pid: parent for pid in _pids() if (parent := _parent(pid)) is not None}
    found = set(roots)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def is_alive(pid: int) -> bool:
    """Whether it runs; one that has ended and waits to be noticed does not."""
    return _parent(pid) is not None


def _pids() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def _parent(pid: int) -> int | None:
    try:
        state, parent = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state == "Z" else int(parent)
