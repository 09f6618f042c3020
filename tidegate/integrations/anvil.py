"""A local EVM chain for one machine: started, kept on disk, mined when there is something to mine.

It is a stage, not a chain. Its replacement rule is looser than geth's, its blocks are final because we say so, and
nobody but us mines them: what works here has not been shown to work on Ethereum.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from tidegate.base.chain import Unreachable
from tidegate.integrations.json_rpc import JsonRpc, NodeError

CHAIN_ID = 31337
FAUCET = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"  # account 0 of the well-known test words; unlocked in the node
CONFIRMING_BLOCKS = 8  # mined after the last transaction, so that it becomes final without another one

_READY_SECONDS = 30
_STOP_SECONDS = 10
_GOOD_COPY_SECONDS = 3
# States of this many blocks survive a restart; older blocks keep their receipts, but not traces and past balances.
# All of them would be gigabytes after an hour: each is written whole, each second.
_STATES_KEPT = 64


class AnvilMissing(Exception):
    """The node's program is not installed; the message says for which platform and what to do."""


class AnvilFault(Exception):
    """The node did not start; the message says why."""


class PortTaken(AnvilFault):
    """Somebody else listens on the node's port."""


def binary(home: Path) -> Path:
    """The program for this platform below `home/node_modules`. Raises AnvilMissing."""
    system = {"linux": "linux", "darwin": "darwin", "win32": "win32"}.get(sys.platform, sys.platform)
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())
    name = "anvil.exe" if system == "win32" else "anvil"
    program = home / "node_modules" / "@foundry-rs" / f"anvil-{system}-{machine}" / "bin" / name
    if not program.is_file():
        raise AnvilMissing(
            f"There is no local EVM node for {system}-{machine} in {home / 'node_modules'}: run `make setup`, or name "
            "a node of your own as the network's `rpc` in the settings."
        )
    return program


class Anvil:
    """One local chain, whose state is the file `state`; account 0 of it is the faucet.

    A `kill -9` of this process or of the node, at any moment, leaves a chain that starts again. What is then lost:
    transactions that were not mined yet (the pool is never written down, not even by a regular stop), and the blocks
    of the last second, or of the last few where the kill tore the state file and the good copy has to do. To whoever
    watches, such blocks look reorganised away. Past states are kept for the last 64 blocks only.
    """

    def __init__(self, state: Path, port: int, program: Path | None = None, states_kept: int = _STATES_KEPT) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.recovered: str | None = None  # what start() had to repair, for the log
        self._state = state.resolve()
        self._port = port
        self._program = program
        self._states_kept = states_kept
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The node's process, None where it does not run (any more)."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> str:
        """Start it and wait until it answers; its URL. Where it died, start it again; where it runs, do nothing.

        Raises AnvilMissing and AnvilFault.
        """
        if self.pid is not None:
            return self.url
        self.stop()
        program = self._program or binary(Path(__file__).parents[2])
        self._state.parent.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            self._end_orphan()
            self._mend()
            self._require_free_port()
            self._process = self._launched(program)
            _write_whole(self._beside(".pid"), str(self._process.pid).encode())
            self._await_answer(self._process)
        except BaseException:
            self.stop()
            raise
        self._stopping.clear()
        self._keeper = threading.Thread(target=self._keep_good_copy, name="anvil-state", daemon=True)
        self._keeper.start()
        return self.url

    def stop(self) -> None:
        """Stop it, its state written down; stopping twice is no fault."""
        self._stopping.set()
        if self._keeper is not None:
            self._keeper.join()
            self._keeper = None
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
            self._beside(".pid").unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _launched(self, program: Path) -> subprocess.Popen[bytes]:
        # fmt: off
        command = [
            str(program), "--host", "127.0.0.1", "--port", str(self._port), "--chain-id", str(CHAIN_ID),
            "--no-mining", "--silent", "--state", str(self._state), "--state-interval", "1",
            # Without past states, a restart would leave blocks that nobody can trace any more.
            "--preserve-historical-states", "--prune-history", str(self._states_kept),
            # Later forks write into system contracts with every block, and so into every state that is kept.
            "--hardfork", "cancun",
        ]
        # fmt: on
        with self._beside(".log").open("wb") as log:
            # A session of its own: Ctrl-C in the terminal is for the supervisor, which stops things in order.
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        node = JsonRpc(self.url, timeout=2)
        deadline = time.monotonic() + _READY_SECONDS
        try:
            while True:
                try:
                    if node.ask("eth_chainId") == hex(CHAIN_ID) and process.poll() is None:
                        return
                except (Unreachable, NodeError):
                    pass
                if process.poll() is not None:
                    said = self._beside(".log").read_text(errors="replace")[-1500:].strip()
                    raise AnvilFault(f"The local EVM node ended with code {process.returncode}: {said}")
                if time.monotonic() > deadline:
                    raise AnvilFault(f"The local EVM node did not answer on {self.url} within {_READY_SECONDS} s.")
                time.sleep(0.05)
        finally:
            node.close()

    def _mend(self) -> None:
        """See to it that the state file can be read, or is not there."""
        self.recovered = None
        if not self._state.exists() or _is_json(self._state.read_bytes()):
            return
        self._state.replace(self._beside(".torn"))
        good = self._beside(".good")
        if good.exists():
            _write_whole(self._state, good.read_bytes())
            self.recovered = f"{self._state.name} was torn; the chain continues from its last good copy."
        else:
            # The first good copy comes seconds after the first start, so little can have happened on that chain.
            self.recovered = f"{self._state.name} was torn within seconds of its first start; the chain begins anew."

    def _keep_good_copy(self) -> None:
        """Copy the dump when it has changed and can be read. It is written each second, in another order each time,
        but only a new block changes its length.
        """
        seen = 0
        while not self._stopping.wait(_GOOD_COPY_SECONDS if seen else 0.2):
            with contextlib.suppress(FileNotFoundError):
                if self._state.stat().st_size == seen:
                    continue
                dump = self._state.read_bytes()
                if _is_json(dump):
                    _write_whole(self._beside(".good"), dump)
                    seen = len(dump)

    def _take_lock(self) -> None:
        """One owner per chain. The kernel drops the lock with the owner, however it died."""
        lock = os.open(self._beside(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            os.close(lock)
            raise AnvilFault(f"{self._state} is in use by another process; stop that one first.") from fault
        self._lock = lock

    def _end_orphan(self) -> None:
        """End the node that a killed owner left behind: it holds the port and writes to our file.

        The number alone proves nothing, it may be somebody else's by now: the process must have our file in its
        command line.
        """
        try:
            pid = int(self._beside(".pid").read_text())
        except (OSError, ValueError):
            return
        deadline = time.monotonic() + _STOP_SECONDS
        sent = signal.SIGTERM
        while str(self._state) in _command_line(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sent)
            if time.monotonic() > deadline:
                sent = signal.SIGKILL
            time.sleep(0.1)
        self._beside(".pid").unlink(missing_ok=True)

    def _require_free_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self._port))
            except OSError as fault:
                raise PortTaken(
                    f"Port {self._port} on 127.0.0.1 cannot be used for the local chain: {fault}."
                ) from fault

    def _beside(self, ending: str) -> Path:
        return self._state.with_name(self._state.name + ending)


class Miner:
    """Mines one block each second while transactions wait, then eight more, then none until the next transaction.

    It outlives the node: where that does not answer, it asks again a second later.
    """

    def __init__(self, url: str, seconds: float = 1.0) -> None:
        self._url = url
        self._seconds = seconds
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="miner", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop mining; stopping twice is no fault."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        node = JsonRpc(self._url, timeout=5)
        # A chain that was just started, or was away, may hold transactions that are not final, and after a restart
        # it knows past states only from then on: eight blocks help both.
        owed = CONFIRMING_BLOCKS
        try:
            while not self._stopping.wait(self._seconds):
                try:
                    if _waiting(node):
                        owed = CONFIRMING_BLOCKS + 1
                    if owed:
                        node.ask("evm_mine")
                        owed -= 1
                except (Unreachable, NodeError):
                    owed = CONFIRMING_BLOCKS
        finally:
            node.close()


def _waiting(node: JsonRpc) -> bool:
    """Whether a block would hold something. Transactions behind a gap in the nonces wait for more than a block."""
    status = node.ask("txpool_status")
    pending = status.get("pending") if isinstance(status, dict) else None
    if not isinstance(pending, str):
        raise Unreachable(f"txpool_status: {status!r} does not say what is pending.")
    return pending != "0x0"


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def _command_line(pid: int) -> str:
    """How this process was started; empty where there is none (a dead one that nobody has waited for counts so)."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    found = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, also where the machine stops in between."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
