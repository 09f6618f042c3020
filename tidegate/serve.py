"""`tidegate serve`: the API and the console as one process; run as many as you like behind a proxy of your own."""

from __future__ import annotations

import gc
import threading
import time
from importlib import resources

import uvicorn

from tidegate.api.app import ApiSettings, create_app
from tidegate.api.proxy import Proxy
from tidegate.api.wire import PatientProtocol
from tidegate.base.chain import Unreachable
from tidegate.base.clock import utcnow
from tidegate.console.app import console
from tidegate.console.links import links
from tidegate.console.portal.app import portal
from tidegate.console.public import status_page
from tidegate.db.migrate import MigrationFault, pending
from tidegate.integrations.evm import EvmChain
from tidegate.parties.passkey import Relying
from tidegate.settings import Settings


class Heads:
    """The newest block of each network, asked at most once a second; None while the node is away."""

    def __init__(self, settings: Settings) -> None:
        self._chains = {name: EvmChain(n.rpc, name, timeout=1.0) for name, n in settings.networks.items()}
        self._known: dict[str, tuple[float, int | None]] = {}
        self._lock = threading.Lock()

    def __call__(self, network: str) -> int | None:
        chain = self._chains.get(network)
        if chain is None:
            return None
        with self._lock:
            asked, head = self._known.get(network, (0.0, None))
            if time.monotonic() - asked < 1:
                return head
            try:
                head = chain.head().number
            except Unreachable:
                head = None
            self._known[network] = (time.monotonic(), head)
            return head


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. Raises MigrationFault where the schema is older than this program."""
    with resources.as_file(resources.files("tidegate.db").joinpath("migrations")) as folder:
        missing = pending(settings.database_url, folder)
    if missing:
        raise MigrationFault(f"The database lacks {', '.join(missing)}; run `tidegate migrate` first.")
    app = create_app(
        ApiSettings(
            settings.database_url,
            settings.data_key(),
            utcnow,
            Heads(settings),
            tuple(sorted(settings.networks)),
            Relying(settings.passkeys.rp_id, settings.platform, settings.passkeys.origins),
            platform=settings.platform,
            demo=settings.demo,
            webhook_networks=settings.webhook_networks,
            counterparties=settings.counterparty_keys(),
            proxy=Proxy(settings.proxy.addresses, settings.proxy.country_header),
        ),
        console,
        links,
        status_page,
        portal,
    )
    # What is loaded by now stays for good. Left to itself the collector walks over all of it every few thousand
    # requests, which stops everybody for a tenth of a second.
    gc.collect()
    gc.freeze()
    uvicorn.run(
        app,
        host=host,
        port=port,
        http=PatientProtocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who is believed stands in our settings: `api/proxy.py`
        timeout_graceful_shutdown=10,
    )
