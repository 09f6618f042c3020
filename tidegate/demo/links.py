"""Links into the demo's console, each for one use: nobody carries a key from one window to another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tidegate.base.clock import utcnow
from tidegate.base.refusals import NotFound
from tidegate.db import connect
from tidegate.parties import flow as parties
from tidegate.parties.access import STAFF
from tidegate.settings import load


def links(home: Path, console: str, keys: Mapping[str, str]) -> dict[str, str]:
    """One link for each role of staff, for whoever sits at this machine."""
    with connect(load(home / "settings.json").database_url) as conn:
        return {
            role: f"{console}/sign-in/{parties.make_link(conn, key, 'demo', utcnow())}"
            for role, key in keys.items()
            if role in STAFF
        }


def another(home: Path, role: str) -> str:
    """One more link for a role, while the demo of that folder runs.

    Raises NotFound: `demo_not_running`, `role_unknown`.
    """
    run = home / "run.json"
    if not run.exists():
        raise NotFound("demo_not_running", f"No `tidegate run` is at work in {home}; --data-dir names its folder.")
    said = json.loads(run.read_text())
    made = links(home, said["console"], {role: said["keys"].get(role, "")} if role in said["keys"] else {})
    if role not in made:
        raise NotFound("role_unknown", f"{role[:30]!r} does not sign in; {', '.join(sorted(STAFF))} do.")
    return made[role]
