"""For tests that kill a process after any line: the lines of a path are counted as they run, so that every one of them
is a place to die, and there is no list of crash points to forget one in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import tidegate

ROOT = Path(tidegate.__file__).parent


class Killed(BaseException):
    """kill -9: nothing that catches an Exception sees it."""


class Death:
    """Runs something and kills it at the n-th line of these files; counts the lines where n is None.

    Files are patterns below `tidegate/`.
    """

    def __init__(self, files: tuple[str, ...], at: int | None) -> None:
        self._path = {str(path) for name in files for path in ROOT.glob(name)}
        self._at = at
        self.lines = 0
        self.place = ""

    def run(self, work: Callable[[], object]) -> None:
        before = sys.gettrace()
        sys.settrace(self._call)
        try:
            work()
        finally:
            sys.settrace(before)

    def _call(self, frame: FrameType, event: str, arg: Any) -> Any:
        return self._line if frame.f_code.co_filename in self._path else None

    def _line(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            self.lines += 1
            if self.lines == self._at:
                self.place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_name}"
                raise Killed(self.place)
        return self._line


def dying(files: tuple[str, ...], work: Callable[[], object], at: int | None) -> int:
    """Run, and die at the n-th line of these files (None = live); the lines that ran."""
    death = Death(files, at)
    with suppress(Killed):
        death.run(work)
    return death.lines
