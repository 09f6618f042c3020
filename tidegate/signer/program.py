"""`tidegate sign`: answer orders on a Unix socket, for processes of our own account, or of those that we are told."""

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


def create(home: Path) -> Path:
    """Make the key store that `home`/signer.json names, with a new seed; where it is.

    Raises SettingsFault where there is one already: it may hold coins.
    """
    own = settings.load(home.absolute())
    if own.keystore.exists():
        raise SettingsFault(f"{own.keystore} exists already; a new seed would make what it holds unreachable.")
    keystore.create(own.keystore, own.password())
    return own.keystore


def run(home: Path) -> None:
    """Serve until SIGTERM or SIGINT. Raises SettingsFault; one signer per home."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    own = settings.load(home.absolute())
    callers = _callers(own)
    lock = _only_one(home)
    desk = Desk(own, keystore.unlock(own.keystore, own.password()), utcnow)
    listener = _listen(own.socket, own.group_gid())
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    threading.Thread(target=_accept, args=(listener, desk, own, callers, stop), daemon=True).start()
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


def _callers(own: SignerSettings) -> frozenset[int]:
    if own.callers and not hasattr(socket, "SO_PEERCRED"):
        raise SettingsFault("This kernel does not say who calls, so callers cannot be told apart; leave them out.")
    return own.callers_uids()


def _listen(path: Path, group: int | None) -> socket.socket:
    """The socket, for our own account (0600) or for a group's members, too (0660). Its folder, where it is not there
    yet, is made as narrow: whoever could write to it could put a socket of their own in this one's place."""
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True)
        if group is not None:
            _let_through(path.parent, group, 0o710)
    if _answers(path):  # the lock is the home's: a signer of another home may have been given the same socket
        raise SettingsFault(f"Somebody answers on {path} already; each signer has a socket of its own.")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    if group is not None:
        _let_through(path, group, 0o660)
    listener.listen(16)
    return listener


def _let_through(path: Path, group: int, mode: int) -> None:
    try:
        os.chown(path, -1, group)
    except PermissionError as fault:
        raise SettingsFault(f"{path} cannot be given to group {group}: the signer's account must be in it.") from fault
    path.chmod(mode)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(1)
        try:
            line.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


def _accept(
    listener: socket.socket, desk: Desk, own: SignerSettings, callers: frozenset[int], stop: threading.Event
) -> None:
    while not stop.is_set():
        try:
            line, _ = listener.accept()
        except OSError as fault:  # closed because we stop; or too many lines are open, and some will be hung up
            log.warning("no new line", why=str(fault))
            stop.wait(0.2)
            continue
        caller = _caller(line)
        if caller is not None and caller not in callers:
            log.warning("refused a caller of another account", uid=caller)
            line.close()
            continue
        threading.Thread(target=_serve, args=(line, desk, own), daemon=True).start()


def _caller(line: socket.socket) -> int | None:
    """The account of who calls: the kernel says so, not the caller. None = it does not; then the socket's mode 0600
    says alone that it is ours."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    said = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", said)[1])


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
