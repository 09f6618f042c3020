"""Who may give the signer orders: its own account, or those that its settings name; the kernel says who calls.

As root these tests call from an account of their own; as anybody else from the account that runs them.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from chain_house import NETWORK
from signer_kit import Start, home_of, sign
from signer_kit import start as start

from tidegate.base.chain import Unreachable
from tidegate.integrations.signer_client import SignerClient
from tidegate.signer import settings
from tidegate.signer.settings import NetworkRule, SettingsFault, SignerSettings

NOBODY = 65534
OTHER = NOBODY if os.getuid() == 0 else os.getuid()
GROUP = NOBODY if os.getuid() == 0 else os.getgid()


@contextmanager
def account(uid: int, gid: int) -> Iterator[None]:
    """Call from another account, where we may."""
    if uid == os.geteuid():
        yield
        return
    before = os.getgroups()
    os.setgroups([])
    os.setegid(gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(before)


def describe(made: SignerSettings) -> str:
    client = SignerClient(made.socket)
    try:
        return client.describe(NETWORK).hot_address
    finally:
        client.close()


def test_without_a_word_it_is_our_own_account_alone(start: Start) -> None:
    made = start()
    assert stat.S_IMODE(made.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.socket.parent.stat().st_mode) == 0o700
    assert describe(made).startswith("0x")
    if os.getuid() != OTHER:
        made.socket.parent.chmod(0o711)
        made.socket.chmod(0o666)  # even where the file would let them through
        with account(OTHER, GROUP), pytest.raises(Unreachable):
            describe(made)


def test_an_account_that_is_named_may_ask_through_the_group(start: Start) -> None:
    made = start(callers=(str(OTHER),), group=str(GROUP))
    about = made.socket.stat()
    assert (stat.S_IMODE(about.st_mode), about.st_gid) == (0o660, GROUP)
    assert stat.S_IMODE(made.socket.parent.stat().st_mode) == 0o710, "its members pass through and change nothing"
    with account(OTHER, GROUP):
        assert describe(made).startswith("0x")


def test_who_is_not_named_is_hung_up_on_the_signers_own_account_too(start: Start) -> None:
    made = start(callers=(str(os.getuid() + 1),))
    with pytest.raises(Unreachable):
        describe(made)


def test_a_folder_that_is_there_is_left_as_it_is(start: Start) -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o750)
        made = start(socket=Path(name) / "signer.sock", callers=(str(os.getuid()),), group=str(GROUP))
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o750
        assert describe(made).startswith("0x")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"callers": ("no-such-account",)}, "no account 'no-such-account'"),
        ({"group": "no-such-group"}, "no group 'no-such-group'"),
    ],
)
def test_a_name_that_this_machine_does_not_know_is_said_at_once(
    tmp_path: Path, more: dict[str, object], words: str
) -> None:
    home_of(tmp_path, **more)
    assert sign(tmp_path, "--new").returncode == 0
    said = sign(tmp_path)
    assert said.returncode == 2
    assert words in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_callers_are_a_list_and_survive_being_written(tmp_path: Path) -> None:
    made = home_of(tmp_path, callers=("7", "8"), group="9")
    assert settings.load(tmp_path) == made
    assert (made.callers_uids(), made.group_gid()) == ({7, 8}, 9)
    assert home_of(tmp_path).callers_uids() == {os.getuid()}
    path = tmp_path / "signer.json"
    path.write_text(path.read_text().replace('"networks"', '"callers": "root", "networks"'))
    with pytest.raises(SettingsFault, match="list of accounts"):
        settings.load(tmp_path)


def test_limits_of_a_day_survive_being_written_and_may_be_left_out(tmp_path: Path) -> None:
    rule = NetworkRule(1, 20, 3, {}, fees_24h=2**60, gas_24h=2**61)
    home_of(tmp_path, networks={"n": rule, "m": NetworkRule(1, 20, 3, {})})
    read = settings.load(tmp_path).networks
    assert read["n"] == rule
    assert (read["m"].most_fees_24h, read["m"].most_gas_24h) == (2_000, 300)


def test_a_key_store_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    made = home_of(tmp_path)
    assert sign(tmp_path, "--new").returncode == 0
    before = made.keystore.read_bytes()
    said = sign(tmp_path, "--new")
    assert said.returncode == 2
    assert "exists already" in said.stderr
    assert made.keystore.read_bytes() == before
