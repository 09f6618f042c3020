"""kill -9 of any part in the middle of a payment, and of everything at once: nothing is lost, nothing is paid twice."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from running import Running, pid_of_part, pids_of, running, unused_address

PARTS = ("work", "sign", "serve", "anvil", "postgres")


def test_any_part_is_killed_in_the_middle_and_the_payment_arrives_once(tmp_path: Path) -> None:
    with running(tmp_path / "data") as it:
        people = {part: it.customer(f"user-{part}", 100) for part in PARTS}
        for part, (id, totp) in people.items():
            receiver = unused_address(part)
            made = it.withdraw(id, totp, "40", receiver, f"w-{part}")
            os.kill(pid_of_part(it.home, part), signal.SIGKILL)
            settled(it, made, part)
            assert it.tokens(receiver) == 39_900_000, part
            assert it.available(id) == "60", part
        everything_agrees(it)


def test_the_supervisor_is_killed_and_the_next_one_takes_over(tmp_path: Path) -> None:
    with running(tmp_path / "data") as it:
        id, totp = it.customer("user", 100)
        receiver = unused_address("supervisor")
        made = it.withdraw(id, totp, "40", receiver, "w")
        it.end(signal.SIGKILL)
        it.start()
        settled(it, made, "run")
        assert it.tokens(receiver) == 39_900_000
        it.end()
        assert pids_of(it.home) == []


def test_everything_is_killed_at_once(tmp_path: Path) -> None:
    with running(tmp_path / "data") as it:
        id, totp = it.customer("user", 100)
        receiver = unused_address("all")
        made = it.withdraw(id, totp, "40", receiver, "w")
        time.sleep(0.5)
        for pid in pids_of(it.home):
            os.kill(pid, signal.SIGKILL)
        assert it.process is not None
        it.process.wait(10)
        it.start()
        settled(it, made, "everything")
        assert it.tokens(receiver) == 39_900_000
        everything_agrees(it)


def settled(it: Running, id: str, what: str) -> None:
    it.until(f"it settles after {what} was killed", lambda: it.status(id) == "settled", 90)


def everything_agrees(it: Running) -> None:
    """The journal's chain holds, and nothing waits without saying why."""
    entries = it.ok("GET", "/v1/journal/root")
    assert entries["links"] > 0
    for payout in it.ok("GET", "/v1/treasury", role="treasury")["payouts"]:
        assert payout["status"] in ("queued", "paying")
