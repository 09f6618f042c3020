"""The API served for a test: a real server on a free port, with keys of every role."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx
import uvicorn
from house import DATA_KEY, Customer, House

from tidegate.api.app import ApiSettings, create_app
from tidegate.api.wire import PatientProtocol
from tidegate.console.app import console
from tidegate.console.links import links
from tidegate.console.portal.app import portal
from tidegate.console.public import status_page
from tidegate.parties import flow as parties
from tidegate.parties.access import ROLES
from tidegate.parties.passkey import Relying


@dataclass
class Site:
    """A served house."""

    house: House
    url: str
    keys: dict[str, str]
    http: httpx.Client
    numbers: list[int] = field(default_factory=list)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        role: str | None = "integrator",
        key: str | None = None,
        **more: Any,
    ) -> httpx.Response:
        """One call with a role's key (None = without any), or with `secret=` a key of its own."""
        headers = dict(more.pop("headers", {}))
        secret = more.pop("secret", None) or (self.keys[role] if role is not None else None)
        if secret is not None:
            headers.setdefault("Authorization", f"Bearer {secret}")
        if key is not None:
            headers["Idempotency-Key"] = key
        if body is not None:
            more["json"] = body
        return self.http.request(method, path, headers=headers, **more)

    def key_of(self, who: Customer) -> str:
        """A customer's own key."""
        return parties.create_key(self.house.conn, "customer", "app", "test", self.house.now, who.id).secret


@contextmanager
def served(house: House, database_url: str, **more: Any) -> Iterator[Site]:
    """Serve until the block ends; `more` of the server's settings. Passkeys belong to its own address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://localhost:{listener.getsockname()[1]}"
    more.setdefault("relying", Relying("localhost", "Tidegate", (url, *Relying().origins)))
    settings = ApiSettings(database_url, DATA_KEY, house.clock, lambda network: 100, **more)
    app = create_app(settings, console, links, status_page, portal)
    config = uvicorn.Config(app, log_level="error", lifespan="on", http=PatientProtocol, proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    keys = {
        role: parties.create_key(house.conn, role, f"{role} person", "test", house.now).secret
        for role in ROLES
        if role != "customer"
    }
    with httpx.Client(base_url=url, timeout=20, trust_env=False) as http:
        yield Site(house, url, keys, http)
    server.should_exit = True
    thread.join(10)
    listener.close()
