"""The parts that `tidegate run` starts as processes of their own, and starts again when they die."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

log = structlog.get_logger("run")

WITH_PARENT = "TIDEGATE_WITH_PARENT"
"""Set for parts: they end when the pipe to their supervisor closes, however it died."""


@dataclass(slots=True)
class Part:
    """One `tidegate …` command, its log, and how often it has died lately."""

    name: str
    args: Sequence[str]
    log_file: Path
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    not_before: float = 0.0
    _started: float = field(default=0.0)

    def start(self) -> None:
        """Start it; Ctrl-C of the terminal does not reach it, its supervisor stops it in order."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log_file, "ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tidegate", *self.args],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                env={**os.environ, WITH_PARENT: "1"},
                start_new_session=True,
            )
        self._started = time.monotonic()

    @property
    def pid(self) -> int | None:
        """Its process, None where it does not run."""
        return self.process.pid if self.process is not None and self.process.poll() is None else None

    def tend(self) -> bool:
        """Start it again where it has died, later each time; whether it was found dead just now."""
        if self.pid is not None:
            if time.monotonic() - self._started > 30:
                self.deaths = 0
            return False
        now, found = time.monotonic(), self.process is not None
        if self.process is not None:
            self.deaths += 1
            self.not_before = now + min(10.0, 0.2 * 2 ** min(self.deaths, 6))
            log.warning("part died", part=self.name, code=self.process.returncode, log=str(self.log_file))
            self.process = None
        if now >= self.not_before:
            self.start()
        return found

    def stop(self, seconds: float = 10.0) -> None:
        """Ask it to end, and end it where it does not."""
        process = self.process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()
        self.process = None
