"""What has no bytes has not started: whatever stops payments stops it, and what changed since is looked at first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chain_house import ChainHouse, DeskSigner
from chain_house import at as at
from chain_kit import anvil_url as anvil_url
from chain_kit import node as node
from house import SANCTIONS

from tidegate.base.chain import Unreachable
from tidegate.base.signing import Order, Signed
from tidegate.db import journal
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.screening import flow as screening
from tidegate.withdrawals.withdrawal import Status, Withdrawal

COIN = 10**6


class Away(DeskSigner):
    """The signer behind a connection that fails: before it hears of the order, or after it has signed."""

    signs = False  # what it is asked while it is away
    away = True

    def sign(self, order: Order) -> Signed:
        signed = self.desk.sign(order) if self.signs or not self.away else None
        if self.away or signed is None:
            raise Unreachable("no answer of the signer")
        return signed


def claimed(at: ChainHouse, *, signed: bool) -> Withdrawal:
    """A withdrawal that has its nonce, and a signer that has come back since."""
    made = at.approved(at.customer(usdt=100 * COIN), "40")
    away = at.signer = Away(at.signer.desk)
    away.signs = signed
    at.turn()
    assert (at.payout(made.id).status, at.payout(made.id).waiting_for) == ("paying", "signer")
    away.away = False
    return made


def freeze(at: ChainHouse, made: Withdrawal) -> Callable[[], object]:
    order = parties.freeze(at.conn, made.party_id, "Court order", "key_officer", at.house.now)
    return lambda: parties.lift(at.conn, order.id, "Lifted", "key_officer", at.house.now)


def switch(at: ChainHouse, _: Withdrawal) -> Callable[[], object]:
    made = policies.switch_on(at.conn, "asset", "USDT@evm-local", "Depeg", "key_treasury", at.house.now)
    return lambda: policies.switch_off(at.conn, made.id, "key_treasury", at.house.now)


Stop = Callable[[ChainHouse, Withdrawal], Callable[[], object]]


@pytest.mark.parametrize(("stop", "says"), [(freeze, "freeze"), (switch, "kill_switch")])
def test_what_the_signer_never_heard_of_waits_and_gives_its_nonce_back(at: ChainHouse, stop: Stop, says: str) -> None:
    made = claimed(at, signed=False)
    lift = stop(at, made)
    ben = at.approved(at.customer(wei=10**18), "0.25", asset="ETH")
    at.finish()
    assert (at.payout(made.id).status, at.payout(made.id).waiting_for) == ("queued", says)
    assert at.tokens(made.address) == 0
    assert at.house.get(ben.id).status is Status.SETTLED  # on the nonce that came back
    assert at.chain.nonce(at.hot) == 1
    lift()
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED
    assert at.tokens(made.address) == made.net_units
    at.check_at_rest()


def test_what_the_signer_has_signed_is_cancelled_on_its_nonce_and_returned(at: ChainHouse) -> None:
    made = claimed(at, signed=True)
    freeze(at, made)
    ben = at.approved(at.customer(wei=10**18), "0.25", asset="ETH")
    at.finish(12)
    assert at.house.get(made.id).status is Status.RETURNED
    assert at.tokens(made.address) == 0
    assert at.house.get(ben.id).status is Status.SETTLED
    kinds = [note.kind for note in journal.about(at.conn, made.id) if note.kind.startswith("payout.")]
    assert kinds[-4:] == ["payout.paying", "payout.cancelling", "payout.mined", "payout.failed"]
    at.check_at_rest()


def test_a_reply_that_is_lost_again_is_asked_for_again(at: ChainHouse) -> None:
    """The cancellation was signed and its reply lost as well: asked again, it is the same one."""
    made = claimed(at, signed=True)
    freeze(at, made)
    assert isinstance(at.signer, Away)
    at.signer.away = True
    at.turn()
    at.signer.away = False
    at.finish(12)
    assert at.house.get(made.id).status is Status.RETURNED
    assert at.tokens(made.address) == 0
    at.check_at_rest()


def test_what_nothing_stops_any_more_is_paid_with_the_bytes_of_then(at: ChainHouse) -> None:
    made = claimed(at, signed=True)
    lift = freeze(at, made)
    lift()
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED
    assert at.tokens(made.address) == made.net_units
    assert at.chain.nonce(at.hot) == 1
    at.check_at_rest()


# --- what an authorisation rests on ------------------------------------------------------------------------------


def test_a_list_that_came_while_payments_were_stopped_is_looked_at_before_they_go_on(at: ChainHouse) -> None:
    """Treasury stops payments, compliance imports where the thief takes the coins, and treasury lets them go on."""
    ada, ben = at.customer(usdt=100 * COIN), at.customer(usdt=100 * COIN)
    bad, fine = at.approved(ada, "40"), at.approved(ben, "40")
    at.authorise()
    lift = switch(at, bad)
    at.turn()
    text = f"{SANCTIONS}ETH,{bad.address},Made-up Thief\n"
    screening.import_list(at.conn, "sanctions", text, "key_officer", at.house.now)
    lift()
    at.finish()
    assert (at.house.get(bad.id).status, at.tokens(bad.address)) == (Status.DECLINED, 0)
    assert at.house.get(fine.id).status is Status.SETTLED
    at.check_at_rest()


def test_a_policy_that_came_while_payments_were_stopped_judges_before_they_go_on(at: ChainHouse) -> None:
    made = at.approved(at.customer(usdt=100 * COIN), "40")
    at.authorise()
    lift = switch(at, made)
    at.turn()
    at.house.agree(jurisdictions={"default": "allowed", "countries": {"DE": "banned", "IR": "banned", "KP": "banned"}})
    lift()
    at.finish()
    assert (at.house.get(made.id).status, at.tokens(made.address)) == (Status.DECLINED, 0)


def test_the_same_list_again_changes_nothing(at: ChainHouse) -> None:
    made = at.approved(at.customer(usdt=100 * COIN), "40")
    at.authorise()
    screening.import_list(at.conn, "sanctions", SANCTIONS, "key_officer", at.house.now)
    at.finish()
    kinds = [note.kind for note in journal.about(at.conn, made.id)]
    assert kinds[-1] == "withdrawal.settled"
    assert "payout.lapsed" not in kinds
