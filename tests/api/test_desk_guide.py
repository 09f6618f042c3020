"""docs/guides/p2p.md, pasted block by block into bash against a served desk: every answer that the page shows comes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from desk_kit import open_hall
from house import COIN_USDT
from serving import served

from tidegate.db import connect
from tidegate.parties import flow as parties
from tidegate.parties.party import Verified

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "guides" / "p2p.md"
BLOCK = re.compile(r"^```bash\n(.*?)^```\n(?:\n?^```json\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def test_the_guide_does_what_it_shows(database_url: str) -> None:
    blocks = BLOCK.findall(PAGE.read_text())
    assert len(blocks) == 5
    with connect(database_url) as conn:
        hall = open_hall(conn)
        maker, taker = (
            parties.register(conn, "maker", "DE", "Li Na", "li@example.com", "test", hall.now),
            hall.person("Zhang Wei"),
        )
        parties.set_identity(conn, maker.id, Verified(2, verified_name="Li Na"), "test", hall.now)
        hall.fund(maker.id, "USDT", 20_000 * COIN_USDT)
        with served(hall, database_url) as site:
            keys = {
                "KEY": site.keys["integrator"],
                "COMPLIANCE": site.keys["compliance"],
                "ANALYST": site.keys["analyst"],
            }
            whose = {"API": site.url, "MAKER": maker.id, "TAKER": taker.id, "NO_PROXY": "127.0.0.1"}
            served_at = f".at({int(hall.now.timestamp())})"  # the house has a clock of its own
            script = "set -eu\n" + "".join(f"{commands}\necho; echo '=== end of a block'\n" for commands, _ in blocks)
            pasted = subprocess.run(
                ["bash", "-c", script.replace(".now()", served_at)],
                env={**os.environ, **keys, **whose},
                capture_output=True,
                text=True,
                timeout=120,
                cwd=ROOT,
                check=False,
            )
    came = pasted.stdout.split("=== end of a block\n")
    assert pasted.returncode == 0, pasted.stderr + came[-1]
    for (commands, shown), answer in zip(blocks, came, strict=False):
        place = 0
        for fragment in filter(None, shown.strip().split("…")):
            found = answer.find(fragment, place)
            assert found >= 0, f"{fragment!r} is not in the answer to\n{commands}\n{answer}"
            place = found + len(fragment)
