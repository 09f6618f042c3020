"""What the signer refuses by itself: the good order, then the good order but; both sides of every line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tidegate.base.authorisation import Authorisation
from tidegate.base.signing import Cancel, Gas, Order, Pay, SignerRefused, Sweep, Terms
from tidegate.codec import evm_address
from tidegate.codec.evm_transaction import transfer_data
from tidegate.signer import rules
from tidegate.signer.rules import Known, Version
from tidegate.signer.settings import AssetRule, NetworkRule

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEY, STRANGER = Ed25519PrivateKey.from_private_bytes(b"\1" * 32), Ed25519PrivateKey.from_private_bytes(b"\2" * 32)
AUTHORISER = KEY.public_key().public_bytes_raw()


def address(n: int) -> str:
    return evm_address.checksum(n.to_bytes(20, "big"))


TOKEN, HOT, BOB, DEPOSIT = (address(0xABCDEF << 120 | n) for n in (1, 2, 3, 4))
NETWORK = NetworkRule(
    chain_id=31337,
    fee_ceiling=10**16,
    gas_top_up=10**15,
    assets={"USDT@evm-local": AssetRule(TOKEN, 1_000, 2_500), "ETH@evm-local": AssetRule(None, 10**18, 3 * 10**18)},
)
TERMS = Terms(nonce=7, gas=60_000, max_fee=100, tip=10)
SAID = Authorisation(
    id="wd_1",
    network="evm-local",
    chain_id=31337,
    asset="USDT@evm-local",
    contract=TOKEN,
    address=BOB,
    memo=None,
    units=1_000,
    fee_ceiling_units=10**15,
    decision_id="dec_1",
    policy_version=3,
    not_after="2026-11-24T12:00:01Z",
)


def pay(terms: Terms = TERMS, key: Ed25519PrivateKey = KEY, **but: Any) -> Pay:
    said = replace(SAID, **but)
    return Pay(said, key.sign(said.payload()).hex(), terms)


PAY = pay()
CANCEL = Cancel("wd_1", "evm-local", replace(TERMS, gas=21_000))
GAS = Gas("gas_1", "evm-local", 5, 10**15, TERMS)
SWEEP = Sweep("swp_1", "evm-local", 5, TOKEN, 10, TERMS)


def refusal(check: Callable[[], object]) -> tuple[str, str] | None:
    """The code and the words of a refusal; None where there is none."""
    try:
        check()
    except SignerRefused as refused:
        return refused.code, str(refused)
    return None


# --- whose order, and to whom ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "order",
    [
        pay(),
        pay(units=1),
        pay(asset="ETH@evm-local", contract=None, units=10**18),
        pay(address=address(1 << 16)),  # the lowest that can be somebody's
    ],
)
def test_what_is_signed_and_within_the_table_is_paid(order: Pay) -> None:
    assert refusal(lambda: rules.check_pay(order, NETWORK, AUTHORISER, {HOT})) is None


SHORT = "0x" + "ab" * 19
TAMPERED = replace(pay(), authorisation=replace(SAID, units=999))

REFUSED: list[tuple[Pay, str, str]] = [
    (pay(key=STRANGER), "authorisation_not_signed", "Nobody we know authorised wd_1."),
    (TAMPERED, "authorisation_not_signed", "Nobody we know authorised wd_1."),
    (replace(pay(), signature="zz"), "authorisation_not_signed", "Nobody we know authorised wd_1."),
    (replace(pay(), signature=""), "authorisation_not_signed", "Nobody we know authorised wd_1."),
    (pay(chain_id=1), "chain_wrong", "evm-local has chain id 31337, not 1."),
    (pay(asset="DAI@evm-local"), "asset_unknown", "DAI@evm-local is not in the signer's table."),
    (pay(contract=BOB), "contract_wrong", f"USDT@evm-local is {TOKEN}, not {BOB}."),
    (pay(contract=None), "contract_wrong", f"USDT@evm-local is {TOKEN}, not None."),
    (pay(asset="ETH@evm-local"), "contract_wrong", f"ETH@evm-local is None, not {TOKEN}."),
    (pay(address=SHORT), "address_malformed", f"{SHORT!r}: "),
    (pay(address="x" * 99), "address_malformed", f"{'x' * 60!r}: "),
    (pay(address=BOB.lower()), "address_not_canonical", f"{BOB.lower()} must be spelt with its checksum."),
    (pay(address=address(0)), "address_nobody", f"{address(0)} belongs to nobody."),
    (pay(address=address(0xFFFF)), "address_nobody", f"{address(0xFFFF)} belongs to nobody."),
    (pay(address=TOKEN), "address_is_token_contract", f"{TOKEN} is a token; coins sent there are lost."),
    (
        pay(asset="ETH@evm-local", contract=None, address=TOKEN),
        "address_is_token_contract",
        f"{TOKEN} is a token; coins sent there are lost.",
    ),
    (pay(address=HOT), "address_is_ours", f"{HOT} is the wallet that pays."),
    (pay(memo="1"), "memo_not_supported", "evm-local carries no memo."),
    (pay(memo=""), "memo_not_supported", "evm-local carries no memo."),
    (pay(units=1_001), "over_payout_limit", "1001 units of USDT@evm-local; at most 1000."),
    (pay(units=0), "over_payout_limit", "0 units of USDT@evm-local; at most 1000."),
    (pay(units=-1), "over_payout_limit", "-1 units of USDT@evm-local; at most 1000."),
]


@pytest.mark.parametrize(("order", "code", "words"), REFUSED)
def test_the_good_order_but(order: Pay, code: str, words: str) -> None:
    said = refusal(lambda: rules.check_pay(order, NETWORK, AUTHORISER, {HOT}))
    assert said is not None
    assert (said[0], said[1][: len(words)]) == (code, words)
    assert said[1] == words or words.endswith(": "), "only why an address cannot be read is another file's to say"


def test_a_network_that_the_table_does_not_know_is_never_paid_on() -> None:
    said = refusal(lambda: rules.check_pay(pay(network="evm-9"), None, AUTHORISER, {HOT}))
    assert said == ("network_unknown", "evm-9 is not in the signer's table.")


def test_another_key_authorises_nothing() -> None:
    other = STRANGER.public_key().public_bytes_raw()
    assert refusal(lambda: rules.check_pay(pay(), NETWORK, other, {HOT})) is not None


# --- the first signature: in time, and within the day ------------------------------------------------------------


@pytest.mark.parametrize(
    ("but", "spent", "now", "said"),
    [
        ({}, 0, NOW, None),
        ({}, 1_500, NOW, None),
        ({}, 1_501, NOW, ("over_day_limit", "1501 units of USDT@evm-local in 24 hours and 1000 pass 2500.")),
        ({"units": 999}, 1_501, NOW, None),
        ({}, 0, NOW + timedelta(milliseconds=999), None),
        (
            {},
            0,
            NOW + timedelta(seconds=1),
            ("authorisation_expired", "wd_1 had to be signed before 2026-11-24T12:00:01Z."),
        ),
        ({"asset": "ETH@evm-local", "units": 10**18}, 2 * 10**18, NOW, None),
    ],
)
def test_a_first_signature(but: dict[str, Any], spent: int, now: datetime, said: tuple[str, str] | None) -> None:
    assert refusal(lambda: rules.check_first(pay(**but), spent, NETWORK, now)) == said


def test_without_a_last_moment_nothing_is_signed() -> None:
    said = refusal(lambda: rules.check_first(pay(not_after="soon"), 0, NETWORK, NOW))
    assert said is not None
    assert said[0] == "authorisation_malformed"
    assert said[1].startswith("wd_1 has no last moment: ")


# --- the slot and the price --------------------------------------------------------------------------------------


def priced(order: Order = PAY, **but: int) -> Order:
    return replace(order, terms=replace(order.terms, **but))


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (pay(), None),
        (priced(nonce=0, tip=0), None),
        (priced(nonce=-1), "terms_wrong"),
        (priced(nonce=2**63 - 1), None),
        (priced(nonce=2**63), "terms_wrong"),
        (priced(gas=21_000), None),
        (priced(gas=20_999), "terms_wrong"),
        (priced(gas=2**24, max_fee=10), None),
        (priced(gas=2**24 + 1, max_fee=10), "terms_wrong"),
        (priced(tip=100), None),
        (priced(tip=101), "terms_wrong"),
        (priced(tip=-1), "terms_wrong"),
        (priced(gas=50_000, max_fee=2 * 10**10), None),  # the ceiling of the authorisation, to the wei
        (priced(gas=50_000, max_fee=2 * 10**10 + 1), "over_fee_ceiling"),
        (priced(pay(fee_ceiling_units=10**17), gas=50_000, max_fee=2 * 10**11), None),  # the table's own: it is less
        (priced(pay(fee_ceiling_units=10**17), gas=50_000, max_fee=2 * 10**11 + 1), "over_fee_ceiling"),
        (priced(SWEEP, gas=50_000, max_fee=2 * 10**11), None),
        (priced(SWEEP, gas=50_000, max_fee=2 * 10**11 + 1), "over_fee_ceiling"),
        (GAS, None),
        (replace(GAS, units=1), None),
        (replace(GAS, units=0), "over_gas_limit"),
        (replace(GAS, units=10**15 + 1), "over_gas_limit"),
        (SWEEP, None),
        (replace(SWEEP, contract=None), None),
        (replace(SWEEP, contract=BOB), "contract_unknown"),
        (replace(SWEEP, units=1), None),
        (replace(SWEEP, units=0), "units_wrong"),
        (replace(SWEEP, units=2**256 - 1), None),
        (replace(SWEEP, units=2**256), "units_wrong"),
        (CANCEL, None),
        (priced(CANCEL, gas=21_001), "terms_wrong"),
    ],
)
def test_slot_and_price(order: Order, code: str | None) -> None:
    said = refusal(lambda: rules.check_terms(order, NETWORK))
    assert (said and said[0]) == code


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (priced(tip=101), "Terms(nonce=7, gas=60000, max_fee=100, tip=101) cannot be mined."),
        (priced(gas=50_000, max_fee=2 * 10**10 + 1), "1000000000050000 wei of fees; at most 1000000000000000."),
        (replace(GAS, units=0), "0 wei of gas; at most 1000000000000000."),
        (replace(SWEEP, contract=BOB), f"{BOB} is no asset in the signer's table."),
        (replace(SWEEP, units=0), "0 units cannot be moved."),
        (priced(CANCEL, gas=21_001), "A cancellation takes 21000 gas, not 21001."),
    ],
)
def test_what_a_refused_price_says(order: Order, words: str) -> None:
    said = refusal(lambda: rules.check_terms(order, NETWORK))
    assert said is not None
    assert said[1] == words


# --- an id that was signed before --------------------------------------------------------------------------------

FIRST = Version("pay", 60_000, 100, 10, b"\x02first")
DEARER = Version("pay", 60_000, 200, 20, b"\x02dearer")
ENDED = Version("cancel", 21_000, 300, 30, b"\x02ended")
PAID = Known("evm-local", HOT, 7, rules.order_digest(pay()), (FIRST, DEARER))
CANCELLED = replace(PAID, versions=(FIRST, ENDED))


@pytest.mark.parametrize(
    ("order", "known", "network", "account", "found"),
    [
        (pay(), PAID, "evm-local", HOT, FIRST),
        (priced(max_fee=200, tip=20), PAID, "evm-local", HOT, DEARER),
        (priced(CANCEL, max_fee=300, tip=30), CANCELLED, "evm-local", HOT, ENDED),
        (pay(), CANCELLED, "evm-local", HOT, FIRST),
        (priced(gas=21_000, max_fee=300, tip=30), CANCELLED, "evm-local", HOT, None),  # a payment at its price
        (priced(gas=60_001), PAID, "evm-local", HOT, None),
        (priced(max_fee=101), PAID, "evm-local", HOT, None),
        (priced(tip=11), PAID, "evm-local", HOT, None),
        (priced(nonce=8), PAID, "evm-local", HOT, None),
        (pay(), PAID, "evm-main", HOT, None),
        (pay(), PAID, "evm-local", DEPOSIT, None),
        (pay(units=999), PAID, "evm-local", HOT, None),
    ],
)
def test_the_same_again_is_the_same_bytes(
    order: Order, known: Known, network: str, account: str, found: Version | None
) -> None:
    assert rules.same_again(order, known, network, account) == found


@pytest.mark.parametrize(
    ("order", "known", "network", "account", "code"),
    [
        (priced(max_fee=220, tip=22), PAID, "evm-local", HOT, None),
        (priced(max_fee=219, tip=22), PAID, "evm-local", HOT, "not_dearer"),
        (priced(max_fee=220, tip=21), PAID, "evm-local", HOT, "not_dearer"),
        (pay(), PAID, "evm-local", HOT, "not_dearer"),
        (priced(CANCEL, max_fee=220, tip=22), PAID, "evm-local", HOT, None),
        (priced(CANCEL, max_fee=219, tip=22), PAID, "evm-local", HOT, "not_dearer"),
        (priced(CANCEL, max_fee=330, tip=33), CANCELLED, "evm-local", HOT, None),
        (priced(CANCEL, max_fee=220, tip=22), CANCELLED, "evm-local", HOT, "not_dearer"),
        (priced(max_fee=330, tip=33), CANCELLED, "evm-local", HOT, "cancelled"),
        (pay(replace(TERMS, max_fee=220, tip=22), units=999), PAID, "evm-local", HOT, "order_changed"),
        (pay(replace(TERMS, max_fee=220, tip=22), address=DEPOSIT), PAID, "evm-local", HOT, "order_changed"),
        (priced(max_fee=220, tip=22, nonce=8), PAID, "evm-local", HOT, "nonce_changed"),
        (priced(max_fee=220, tip=22), PAID, "evm-main", HOT, "nonce_changed"),
        (priced(max_fee=220, tip=22), PAID, "evm-local", DEPOSIT, "nonce_changed"),
        (priced(CANCEL, max_fee=220, tip=22, nonce=8), PAID, "evm-local", HOT, "nonce_changed"),
    ],
)
def test_a_second_version(order: Order, known: Known, network: str, account: str, code: str | None) -> None:
    said = refusal(lambda: rules.check_known(order, known, network, account))
    assert (said and said[0]) == code


@pytest.mark.parametrize(
    ("order", "known", "network", "words"),
    [
        (pay(units=999), PAID, "evm-local", "wd_1 was signed with other words; an id stands for one payment."),
        (
            priced(nonce=8),
            PAID,
            "n" * 50,
            f"wd_1 has nonce 7 of {HOT} on evm-local for ever, not 8 of {HOT} on {'n' * 40}.",
        ),
        (pay(), CANCELLED, "evm-local", "wd_1 was cancelled on its nonce; it is not paid any more."),
        (pay(), PAID, "evm-local", "A replacement of wd_1 must be 10 % dearer than 200/20."),
    ],
)
def test_what_a_refused_version_says(order: Order, known: Known, network: str, words: str) -> None:
    said = refusal(lambda: rules.check_known(order, known, network, HOT))
    assert said is not None
    assert said[1] == words


@pytest.mark.parametrize(
    ("old", "new", "taken"), [(0, 0, False), (0, 1, True), (1, 1, False), (1, 2, True), (10, 11, True), (11, 12, False)]
)
def test_a_tenth_dearer_and_more_than_nothing(old: int, new: int, taken: bool) -> None:
    known = replace(PAID, versions=(Version("pay", 60_000, 100, old, b""),))
    said = refusal(lambda: rules.check_known(priced(max_fee=110, tip=new), known, "evm-local", HOT))
    assert (said is None) == taken


# --- what our own work takes of the day --------------------------------------------------------------------------

FEES, TOP_UPS = "fees@evm-local", "gas@evm-local"


@pytest.mark.parametrize(
    ("order", "versions", "took"),
    [
        (pay(), None, {FEES: 6_000_000}),
        (SWEEP, None, {FEES: 6_000_000}),
        (GAS, None, {FEES: 6_000_000, TOP_UPS: 10**15}),
        (priced(GAS, max_fee=150), [(60_000, 100)], {FEES: 3_000_000}),  # its coins were counted when it was new
        (priced(max_fee=150), [(60_000, 100)], {FEES: 3_000_000}),
        (priced(max_fee=150), [(60_000, 100), (60_000, 140)], {FEES: 600_000}),
        (priced(CANCEL, max_fee=150), [(60_000, 100)], {FEES: 0}),  # dearer for each gas, and cheaper together
        (priced(CANCEL, max_fee=300), [(60_000, 100)], {FEES: 300_000}),
    ],
)
def test_what_an_order_takes_of_the_day(
    order: Order, versions: list[tuple[int, int]] | None, took: dict[str, int]
) -> None:
    known = versions and replace(PAID, versions=[Version("pay", gas, fee, 10, b"") for gas, fee in versions])
    assert rules.costs(order, known or None, "evm-local") == took


DAYS = replace(NETWORK, fees_24h=10_000_000, gas_24h=3 * 10**15)


@pytest.mark.parametrize(
    ("took", "used", "network", "said"),
    [
        ({FEES: 6_000_000}, {FEES: 4_000_000}, DAYS, None),
        (
            {FEES: 6_000_000},
            {FEES: 4_000_001},
            DAYS,
            ("over_fee_day_limit", "4000001 wei of fees in 24 hours and 6000000 pass 10000000."),
        ),
        (
            {FEES: 0},
            {FEES: 10_000_001},
            DAYS,
            None,
        ),  # a limit that was lowered stops no cancellation that costs no more
        ({FEES: 1, TOP_UPS: 10**15}, {FEES: 0, TOP_UPS: 2 * 10**15}, DAYS, None),
        (
            {FEES: 1, TOP_UPS: 10**15},
            {FEES: 0, TOP_UPS: 2 * 10**15 + 1},
            DAYS,
            (
                "over_gas_day_limit",
                "2000000000000001 wei of gas for deposit addresses in 24 hours and 1000000000000000 pass "
                "3000000000000000.",
            ),
        ),
        ({FEES: 10**18}, {FEES: 0}, NETWORK, None),  # where the file names none: a hundred of the highest
        (
            {FEES: 10**18},
            {FEES: 1},
            NETWORK,
            ("over_fee_day_limit", f"1 wei of fees in 24 hours and {10**18} pass {10**18}."),
        ),
        ({TOP_UPS: 10**15}, {TOP_UPS: 99 * 10**15}, NETWORK, None),
    ],
)
def test_costs_of_a_day(
    took: dict[str, int], used: dict[str, int], network: NetworkRule, said: tuple[str, str] | None
) -> None:
    assert refusal(lambda: rules.check_costs(took, used, network)) == said


# --- what an id stands for, and the transaction that is built ----------------------------------------------------


@pytest.mark.parametrize(
    ("order", "but"),
    [
        (pay(), [{"authorisation": replace(SAID, units=1)}, {"authorisation": replace(SAID, address=HOT)}]),
        (GAS, [{"network": "evm-main"}, {"index": 6}, {"units": 1}]),
        (SWEEP, [{"network": "evm-main"}, {"index": 6}, {"units": 1}, {"contract": None}]),
    ],
)
def test_an_id_stands_for_everything_but_the_price(order: Any, but: list[dict[str, Any]]) -> None:
    assert rules.order_digest(order) == rules.order_digest(priced(order, max_fee=999, nonce=8))
    changed = [rules.order_digest(replace(order, **one)) for one in but]
    assert len({rules.order_digest(order), *changed}) == 1 + len(but)


@pytest.mark.parametrize(
    ("order", "digest"),
    [
        (PAY, "aaf88f8e38a5d129bfdaad5683e644b3f7119d1c3ffde28ed9969592ab8a8f91"),
        (GAS, "22b28f7014bb67e088c0023c8cb2385cd85153b06d908a71eb98217a338b991e"),
        (SWEEP, "1bbb2bceb656877f237e4784e00377ed844362548f5affb0449bd70bc167ef6e"),
    ],
)
def test_what_an_id_stands_for_is_written_the_same_for_ever(order: Order, digest: str) -> None:
    """It is in the ledgers of signers: written another way, no payment under way could be made dearer or cancelled."""
    assert rules.order_digest(order) == digest


def test_orders_of_different_kinds_never_stand_for_the_same() -> None:
    sent = Gas("x", "evm-local", 5, 10, TERMS)
    swept = Sweep("x", "evm-local", 5, None, 10, TERMS)
    assert rules.order_digest(sent) != rules.order_digest(swept)
    with pytest.raises(TypeError, match=r"^a cancellation has no digest of its own$"):
        rules.order_digest(CANCEL)


NATIVE = pay(asset="ETH@evm-local", contract=None, units=77)

BUILT: list[tuple[Order, str, int, bytes]] = [
    (pay(), TOKEN, 0, transfer_data(evm_address.parse(BOB), 1_000)),
    (NATIVE, BOB, 77, b""),
    (GAS, DEPOSIT, 10**15, b""),
    (SWEEP, TOKEN, 0, transfer_data(evm_address.parse(HOT), 10)),
    (replace(SWEEP, contract=None), HOT, 10, b""),
    (CANCEL, address(0xABCDEF << 120 | 9), 0, b""),
]


@pytest.mark.parametrize(("order", "to", "value", "data"), BUILT)
def test_the_transaction_that_an_order_means(order: Order, to: str, value: int, data: bytes) -> None:
    own = address(0xABCDEF << 120 | 9)
    made = rules.transaction(order, NETWORK, own, DEPOSIT, HOT)
    assert (made.to, made.value, made.data) == (evm_address.parse(to), value, data)
    assert (made.chain_id, made.nonce, made.gas, made.max_fee, made.tip) == (31337, 7, order.terms.gas, 100, 10)


@given(
    spent=st.integers(0, 3_000),
    units=st.integers(-5, 1_500),
    fee=st.integers(0, 10**12),
    ceiling=st.integers(0, 10**16),
)
def test_nothing_passes_what_the_table_allows_whatever_is_signed(
    spent: int, units: int, fee: int, ceiling: int
) -> None:
    """A stolen worker signs what it likes: per payment, per day and in fees it gets no more than this."""
    order = pay(replace(TERMS, max_fee=fee, tip=0), units=units, fee_ceiling_units=ceiling)
    checks: list[Callable[[], object]] = [
        lambda: rules.check_pay(order, NETWORK, AUTHORISER, {HOT}),
        lambda: rules.check_terms(order, NETWORK),
        lambda: rules.check_first(order, spent, NETWORK, NOW),
    ]
    if all(refusal(check) is None for check in checks):
        assert 0 < units <= 1_000
        assert spent + units <= 2_500
        assert TERMS.gas * fee <= min(ceiling, 10**16)
