"""Which addresses of the network may be spoken to on somebody else's word."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

_HOLDS_IPV4 = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
"""Their last four bytes are an IPv4 address that a gateway may speak to: NAT64 (RFC 6052), and the compatible
addresses of long ago."""

_GLOBAL_IPV6 = (IPv6Network("2000::/3"), _HOLDS_IPV4[0])
"""All that the IANA has handed out for addresses of one machine on the whole network, and NAT64. Beside it lie
site-local addresses (fec0::/10), SIIT's (::ffff:0:0:0/96) and others that Python's library takes for global."""

_SPECIAL: tuple[Network, ...] = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, given up by RFC 7526
    IPv6Network("3fff::/20"),  # for documents, RFC 9637
)
"""Of the IANA's registries of special addresses, what some versions of Python's library take for global."""


def may_be_called(address: str, private: Collection[Network] = ()) -> bool:
    """Whether an IP address is a public one, or lies in a network that the settings name.

    Loopback, private, link-local (the cloud's metadata), shared, reserved and multicast addresses are not public, nor
    is an IPv6 address that stands for one of those: mapped, 6to4, Teredo or NAT64. What cannot be read is not public.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if any(found in network for network in private):
        return True
    return all(_is_public(one) for one in (found, *_behind(found)))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and not any(address in network for network in _GLOBAL_IPV6):
        return False
    return address.is_global and not address.is_multicast and not any(address in network for network in _SPECIAL)


def _behind(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that traffic to an IPv6 address can end at."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.sixtofour] if address.sixtofour is not None else []
    if address.teredo is not None:
        found += address.teredo
    if any(address in network for network in _HOLDS_IPV4):
        found.append(IPv4Address(address.packed[-4:]))
    return found
