"""A signer of its own process, as an operator starts it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chain_house import AUTHORISER, NETWORK

from tidegate.signer import settings
from tidegate.signer.settings import NetworkRule, SignerSettings

Start = Callable[..., SignerSettings]


def home_of(folder: Path, **more: object) -> SignerSettings:
    """A signer's home, as a person would write it, with its key store."""
    password = folder / "password"
    settings.write_private(password, "correct horse")
    made = SignerSettings(
        socket=folder / "run" / "signer.sock",
        keystore=folder / "keystore.json",
        ledger=folder / "ledger.sqlite",
        password_file=password,
        authoriser=AUTHORISER.public_key().public_bytes_raw(),
        networks={NETWORK: NetworkRule(31337, 10**16, 10**16, {})},
    )
    made = replace(made, **more)  # type: ignore[arg-type]
    settings.save(folder, made)
    return made


def sign(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tidegate", "sign", "--home", str(folder), *args],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts signers; they end with the test. Their folder lies where other accounts pass through."""
    running: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory(prefix="tidegate-") as name:
        folder = Path(name)
        folder.chmod(0o711)

        def started(**more: object) -> SignerSettings:
            made = home_of(folder, **more)
            assert sign(folder, "--new").returncode == 0
            process = subprocess.Popen(
                [sys.executable, "-m", "tidegate", "sign", "--home", str(folder)], stderr=subprocess.PIPE
            )
            running.append(process)
            assert process.stderr is not None
            first = process.stderr.readline()
            assert b"signing" in first, first
            return made

        yield started
        for process in running:
            process.terminate()
            process.communicate(timeout=30)
