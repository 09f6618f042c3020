"""Compiles the contracts of this folder, once per source text."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import cast

SOURCES = Path(__file__).parent

Abi = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Compiled:
    abi: Abi
    bytecode: bytes  # creation code, to which encoded constructor arguments are appended


def compiled(name: str) -> Compiled:
    """The contract of this name, from the cache where this very source was compiled before.

    Needs the extra `embedded` where it was not. Raises FileNotFoundError for an unknown name.
    """
    source = (SOURCES / f"{name}.vy").read_text()
    cache = _cache_folder() / f"{name}-{hashlib.sha256(source.encode()).hexdigest()[:16]}.json"
    try:
        return _read(cache.read_text())
    except (OSError, ValueError, KeyError):
        text = _compile(source)
        _write_whole(cache, text)
        return _read(text)


def _compile(source: str) -> str:
    import vyper  # type: ignore[import-untyped]  # imported late: costs a second, only the embedded extra has it

    return json.dumps(vyper.compile_code(source, output_formats=["abi", "bytecode"]))


def _read(text: str) -> Compiled:
    said = json.loads(text)
    return Compiled(cast(Abi, said["abi"]), bytes.fromhex(said["bytecode"].removeprefix("0x")))


def _cache_folder() -> Path:
    """`build/contracts` of the checkout, or a folder of this user's own where the package is read-only or installed."""
    root = SOURCES.parent.parent
    if (root / "pyproject.toml").exists() and os.access(root, os.W_OK):
        return root / "build" / "contracts"
    cache = os.environ.get("XDG_CACHE_HOME")
    home = Path(cache) if cache else Path.home() / ".cache"
    return home / "tidegate" / "contracts"


def _write_whole(path: Path, text: str) -> None:
    """Two processes may compile at once: each writes a file of its own and the rename decides.

    A cache that cannot be written costs time, not correctness.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".part", delete=False) as part:
            part.write(text)
        os.replace(part.name, path)
    except OSError:
        return
