"""Which addresses may be called on somebody else's word: the public ones, however the others are spelt."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from tidegate.base.network import may_be_called


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "2000::1", "3ffe::1", "64:ff9b::808:808", "::ffff:8.8.8.8"],
)
def test_public_addresses(address: str) -> None:
    assert may_be_called(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",  # the metadata of clouds
        "100.64.0.1",  # shared by carriers
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "ff0e::1",  # multicast with a global scope
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",  # 6to4 of 127.0.0.1
        "2002:a00:1::1",
        "2001:0:7f00:1::",  # Teredo with a server at 127.0.0.1
        "fe80::1%eth0",
        "fec0::1",  # site-local
        "::ffff:0:127.0.0.1",  # SIIT's 127.0.0.1
        "64:ff9b:1::7f00:1",
        "5f00::1",
        "3fff::1",
        "1fff:ffff::1",
        "4000::1",
        "192.88.99.1",
        "localhost",
        "0177.0.0.1",
        "2130706433",
        "127.1",
        "",
    ],
)
def test_everything_else(address: str) -> None:
    assert not may_be_called(address)


def test_the_settings_may_name_a_network() -> None:
    private = (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))
    assert may_be_called("127.0.0.1", private)
    assert may_be_called("::ffff:127.0.0.1", private)
    assert may_be_called("fd00::5", private)
    assert not may_be_called("10.0.0.1", private)
    assert not may_be_called("::1", private)
