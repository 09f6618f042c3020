"""Public data that is too large or not ours to keep here: lists of authorities, tag packs.

It lies beside the repository in `../shared/data`, or where TIDEGATE_TEST_DATA says; tests that want it are skipped
without it. What it should hold is said in docs/guides/lists.md.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("TIDEGATE_TEST_DATA", Path(__file__).parent.parent.parent / "shared" / "data"))


def data(name: str) -> Path:
    """A file of the folder; the test is skipped where it is missing."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{name} is not in {FOLDER}; set TIDEGATE_TEST_DATA to the folder that holds it")
    return path


def naughty() -> list[str]:
    """Hostile strings that people type, or that come in by accident; the test is skipped without them."""
    found: list[str] = json.loads(data("naughty-strings/blns.json").read_text())
    return found
