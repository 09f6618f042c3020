"""One order after the other: look it up, check it, build it, sign it, read it back, keep it, hand it out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from coincurve import PrivateKey

from tidegate.base.signing import Cancel, Gas, Order, Pay, Signed, SignerRefused, Sweep
from tidegate.codec import bip32, evm_address
from tidegate.codec import evm_transaction as codec
from tidegate.signer import rules
from tidegate.signer.ledger import Ledger
from tidegate.signer.rules import Account, Version
from tidegate.signer.settings import NetworkRule, SignerSettings


class Desk:
    """The keys, the table and the ledger. Orders are taken one at a time, so a check holds until it is kept."""

    def __init__(self, settings: SignerSettings, seed: bytes, clock: Callable[[], datetime]) -> None:
        self._settings, self._clock = settings, clock
        self._root = bip32.master(seed)
        self._ledger = Ledger(Path(settings.ledger))
        self._lock = threading.Lock()
        self.xpub = bip32.derive(self._root, bip32.ACCOUNT).xpub()
        self.hot = Account(self._address(bip32.HOT), bip32.HOT)
        self._hot_key = self._key(bip32.HOT)  # five derivations, the same ones for every payment

    def sign(self, order: Order) -> Signed:
        """The bytes for an order: new ones, or the same as before. Raises SignerRefused."""
        network = self._settings.networks.get(_network_of(order))
        payer = self._payer(order)
        with self._lock:
            known = self._ledger.known(order.id)
            # Before any check: bytes that exist are handed out again although a limit fell, a network left the table
            # or the authoriser changed. A refusal would tell the worker that there are none.
            again = rules.same_again(order, known, _network_of(order), payer.address) if known is not None else None
            if again is not None:
                return Signed(again.raw, codec.hash_of(again.raw))
            if isinstance(order, Pay):
                rules.check_pay(order, network, self._settings.authoriser, {self.hot.address})
            if network is None:
                raise SignerRefused("network_unknown", f"{_network_of(order)[:40]} is not in the signer's table.")
            if known is not None:
                rules.check_known(order, known, _network_of(order), payer.address)
            elif isinstance(order, Cancel):
                raise SignerRefused("order_unknown", f"{order.id} was never signed; there is nothing to cancel.")
            rules.check_terms(order, network)
            if isinstance(order, Pay) and known is None:
                spent = self._ledger.spent_24h(order.authorisation.asset, self._clock())
                rules.check_first(order, spent, network, self._clock())
            took = rules.costs(order, known, _network_of(order))
            rules.check_costs(took, {what: self._ledger.cost_24h(what, self._clock()) for what in took}, network)
            version = self._make(order, network, payer)
            self._keep(order, payer, version, took, known is None)
            return Signed(version.raw, codec.hash_of(version.raw))

    def close(self) -> None:
        """Close the ledger, after the order that is being signed."""
        with self._lock:
            self._ledger.close()

    def _make(self, order: Order, network: NetworkRule, payer: Account) -> Version:
        deposit = self._deposit(order.index).address if isinstance(order, Gas) else None
        wanted = rules.transaction(order, network, payer.address, deposit, self.hot.address)
        raw = codec.sign(wanted, self._hot_key if payer == self.hot else self._key(payer.path))
        read = codec.decode(raw)
        if read.transaction != wanted or evm_address.checksum(read.sender) != payer.address:
            raise SignerRefused("signature_wrong", "What was signed does not read back as what was ordered.")
        kind = "cancel" if isinstance(order, Cancel) else "pay"
        return Version(kind, order.terms.gas, order.terms.max_fee, order.terms.tip, raw)

    def _keep(self, order: Order, payer: Account, version: Version, took: Mapping[str, int], first: bool) -> None:
        now = self._clock()
        if not first:
            self._ledger.add(order.id, version, took, now)
            return
        asset, units = None, 0
        if isinstance(order, Pay):
            asset, units = order.authorisation.asset, order.authorisation.units
        self._ledger.begin(
            order.id,
            _network_of(order),
            payer.address,
            order.terms.nonce,
            rules.order_digest(order),
            asset,
            units,
            version,
            took,
            now,
        )

    def _payer(self, order: Order) -> Account:
        if isinstance(order, Sweep) or (isinstance(order, Cancel) and order.index is not None):
            assert order.index is not None
            return self._deposit(order.index)
        return self.hot

    def _deposit(self, index: int) -> Account:
        if not 0 <= index < bip32.HARDENED:
            raise SignerRefused("index_wrong", f"{index} is no number of a deposit address.")
        return Account(bip32.deposit_address(self.xpub, index), f"{bip32.ACCOUNT}/0/{index}")

    def _key(self, path: str) -> PrivateKey:
        return PrivateKey(bip32.derive(self._root, path).key)

    def _address(self, path: str) -> str:
        return evm_address.checksum(bip32.evm_address_of(bip32.derive(self._root, path).public))


def _network_of(order: Order) -> str:
    return order.authorisation.network if isinstance(order, Pay) else order.network
