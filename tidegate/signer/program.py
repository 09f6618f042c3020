"""`tidegate sign`: answer orders on a Unix socket, for processes of our own account only."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import struct
import sys
import threading
from pathlib import Path

import structlog

from tidegate.base.clock import utcnow
from tidegate.base.signing import SignerRefused
from tidegate.codec import signer_wire as wire
from tidegate.signer import keystore, settings
from tidegate.signer.desk import Desk
from tidegate.signer.settings import SettingsFault, SignerSettings

log = structlog.get_logger("signer")

SILENCE_SECONDS = 300
"""How long a caller may say nothing before its line is hung up."""


def setup(home: Path, settings_: SignerSettings) -> None:
    """Make a signer's home: the key store where there is none, and signer.json."""
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    if not settings_.keystore.exists():
        keystore.create(settings_.keystore, settings_.password())
    settings.save(home, settings_)


def run(home: Path) -> None:
    """Serve until SIGTERM or SIGINT. Raises SettingsFault; one signer per home."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    own = settings.load(home.absolute())
    lock = _only_one(home)
    desk = Desk(own, keystore.unlock(own.keystore, own.password()), utcnow)
    listener = _listen(own.socket)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    threading.Thread(target=_accept, args=(listener, desk, own, stop), daemon=True).start()
    log.info("signing", socket=str(own.socket), hot=desk.hot.address, networks=sorted(own.networks))
    stop.wait()
    listener.close()
    own.socket.unlink(missing_ok=True)
    desk.close()
    os.close(lock)


def _only_one(home: Path) -> int:
    handle = os.open(home / "signer.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        os.close(handle)
        raise SettingsFault(f"Another signer works in {home}; two would sign one nonce twice.") from fault
    return handle


def _listen(path: Path) -> socket.socket:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _answers(path):  # the lock is the home's: a signer of another home may have been given the same socket
        raise SettingsFault(f"Somebody answers on {path} already; each signer has a socket of its own.")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(16)
    return listener


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(1)
        try:
            line.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


def _accept(listener: socket.socket, desk: Desk, own: SignerSettings, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            line, _ = listener.accept()
        except OSError as fault:  # closed because we stop; or too many lines are open, and some will be hung up
            log.warning("no new line", why=str(fault))
            stop.wait(0.2)
            continue
        if not _is_ours(line):
            log.warning("refused a caller of another account")
            line.close()
            continue
        threading.Thread(target=_serve, args=(line, desk, own), daemon=True).start()


def _is_ours(line: socket.socket) -> bool:
    """Whether the caller runs under our account: the kernel says so, not the caller."""
    if hasattr(socket, "SO_PEERCRED"):
        said = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return bool(struct.unpack("3i", said)[1] == os.getuid())
    return True  # elsewhere the socket's mode 0600 says it alone


def _serve(line: socket.socket, desk: Desk, own: SignerSettings) -> None:
    with line, line.makefile("rb") as reader:
        line.settimeout(SILENCE_SECONDS)
        try:
            while raw := reader.readline(wire.MOST_BYTES + 1):
                if len(raw) > wire.MOST_BYTES:
                    line.sendall(wire.line({"refused": {"code": "too_large", "message": "the line is too long"}}))
                    return
                line.sendall(wire.line(_answer(raw, desk, own)))
        except (OSError, TimeoutError):
            return  # the caller hung up


def _answer(raw: bytes, desk: Desk, own: SignerSettings) -> dict[str, object]:
    try:
        _, asked = wire.read(raw)
        if isinstance(asked, str):
            if asked not in own.networks:
                raise SignerRefused("network_unknown", f"{asked[:40]} is not in the signer's table.")
            return {"ok": {"hot_address": desk.hot.address, "deposit_xpub": desk.xpub}}
        signed = desk.sign(asked)
        log.info("signed", id=asked.id, nonce=asked.terms.nonce, hash=signed.hash)
        return {"ok": {"raw": signed.raw.hex(), "hash": signed.hash}}
    except wire.BadLine as fault:
        return {"refused": {"code": "malformed", "message": str(fault)}}
    except SignerRefused as no:
        log.warning("refused", code=no.code, message=str(no))
        return {"refused": {"code": no.code, "message": str(no)}}
    except Exception as fault:  # a fault of ours: the caller knows nothing and asks again
        log.exception("failed")
        return {"failed": type(fault).__name__}
