"""What the proxy in front of us says of whoever asks: their address, whether they came by https, and their country.

It is believed by the address that its connection comes from. Whoever else sends such headers is taken for what they
are: their own address, and from no country that we know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tidegate.parties.countries import COUNTRIES

_COUNTRY = "tidegate.country"


@dataclass(frozen=True, slots=True)
class Proxy:
    """Who is believed, and in which header they say a country."""

    addresses: tuple[str, ...] = ("127.0.0.1",)  # addresses and networks
    country_header: str | None = None  # None = nobody tells us countries


class BehindProxy:
    """Around the whole application: everything inside finds the caller's own address in the request."""

    def __init__(self, app: ASGIApp, proxy: Proxy) -> None:
        self._inside = ProxyHeadersMiddleware(app, list(proxy.addresses))  # type: ignore[arg-type]
        self._header = None if proxy.country_header is None else proxy.country_header.lower().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = scope.get("client")
        # Before the address is replaced by the one that the proxy tells: it is the proxy itself that is believed.
        if self._header is not None and peer is not None and peer[0] in self._inside.trusted_hosts:
            scope[_COUNTRY] = _country(value for name, value in scope["headers"] if name == self._header)
        await self._inside(scope, receive, send)  # type: ignore[arg-type]


def country_of(request: Request) -> str | None:
    """The country that somebody comes from, ISO 3166-1 alpha-2; None = nobody whom we believe said so."""
    found: str | None = request.scope.get(_COUNTRY)
    return found


def _country(said: Iterable[bytes]) -> str | None:
    """One assigned code. Proxies write other things for what they do not know ("XX", "T1" of Tor), and two headers
    mean that one of them came from outside."""
    codes = [value.decode("latin-1").strip().upper() for value in said]
    return codes[0] if len(codes) == 1 and codes[0] in COUNTRIES else None
