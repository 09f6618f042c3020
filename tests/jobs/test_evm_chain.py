"""What the EVM integration shows of a real chain, and that it shows nothing where the node gives no usable answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from chain_kit import Contract, Node, free_port, fresh_address
from chain_kit import anvil_url as anvil_url
from chain_kit import node as node
from eth_account import Account

from tidegate.base.chain import Fees, Transfer, Unreachable, WouldRevert
from tidegate.codec.evm_address import keccak256
from tidegate.integrations import deep_json
from tidegate.integrations.anvil import CHAIN_ID, FAUCET
from tidegate.integrations.evm import NATIVE_INDEX, EvmChain

ETHER = 10**18
ADA = fresh_address("ada")
NOWHERE = "0x" + "5e" * 32


@pytest.fixture
def chain(node: Node) -> Iterator[EvmChain]:
    chain = EvmChain(node.url, "local", trace=True)
    yield chain
    chain.close()


@pytest.fixture
def untraced(node: Node) -> Iterator[EvmChain]:
    chain = EvmChain(node.url, "local", trace=False)
    yield chain
    chain.close()


def moved(transfers: list[Transfer] | tuple[Transfer, ...] | None) -> list[tuple[str | None, str, str, int]]:
    assert transfers is not None
    return [(t.contract, t.sender, t.receiver, t.units) for t in transfers]


def test_blocks_follow_each_other_up_to_the_head(node: Node, chain: EvmChain) -> None:
    node.mine(2)
    head = chain.head()
    before = chain.block(head.number - 1)
    assert chain.block(head.number) == head
    assert before is not None
    assert head.parent == before.hash
    assert chain.block(head.number + 1) is None
    assert chain.transfers(head.number + 1) is None
    assert chain.transfers(head.number) == []
    assert chain.chain_id() == CHAIN_ID
    assert chain.network == "local"


def test_a_receipt_tells_what_a_native_payment_moved(node: Node, chain: EvmChain, untraced: EvmChain) -> None:
    tx = node.send_from_faucet(ADA, 5)
    assert chain.receipt(tx) is None, "it is not mined yet"
    number = node.mine()
    receipt = chain.receipt(tx)
    block = chain.block(number)
    assert receipt is not None
    assert block is not None
    assert (receipt.tx, receipt.block, receipt.block_hash, receipt.succeeded) == (tx, number, block.hash, True)
    assert receipt.gas_used == 21_000
    assert receipt.gas_price > 0
    assert receipt.transfers == (Transfer(tx, NATIVE_INDEX, number, block.hash, None, FAUCET, ADA, 5),)
    assert untraced.receipt(tx) == receipt
    assert chain.transfers(number) == untraced.transfers(number) == list(receipt.transfers)
    assert chain.receipt(NOWHERE) is None


def test_a_receipt_is_gone_when_its_block_is(node: Node, chain: EvmChain) -> None:
    before = node.snapshot()
    tx = node.send_from_faucet(ADA, 5)
    number = node.mine()
    assert chain.receipt(tx) is not None
    node.revert(before)
    assert chain.receipt(tx) is None
    assert chain.transfers(number) is None


def test_what_is_asked_by_hash_is_about_that_block_alone(node: Node, chain: EvmChain) -> None:
    before = node.snapshot()
    node.send_from_faucet(ADA, 5)
    number = node.mine()
    block = chain.block(number)
    assert block is not None
    assert chain.transfers(number, block.hash) == chain.transfers(number) != []
    assert (chain.balance(ADA, None, block.hash), chain.balance(ADA, None, block.parent)) == (5, 0)
    assert (chain.nonce_at(FAUCET, block.hash), chain.nonce_at(FAUCET, block.parent)) == (1, 0)
    with pytest.raises(Unreachable):
        chain.transfers(number + 1, block.hash)
    node.revert(before)
    node.mine()
    assert chain.transfers(number) == []
    assert chain.transfers(number, block.hash) is None
    with pytest.raises(Unreachable):
        chain.balance(ADA, None, block.hash)


def test_a_block_shows_every_transfer_in_order_and_the_receipts_agree(node: Node, chain: EvmChain) -> None:
    usdt = node.deploy("TestUSDT", 10**12)
    look_alike = node.deploy("TestUSDT", 10**12)
    splitter = node.deploy("Splitter")
    txs = [
        node.transact(usdt, "transfer", ADA, 1_000_000),
        node.transact(look_alike, "transfer", ADA, 7),
        node.transact(usdt, "mint", ADA, 3),
        node.transact(usdt, "transfer", ADA, 0),
        node.send_from_faucet(ADA, 5),
        node.transact(splitter, "pay", ADA, value=ETHER),
    ]
    transfers = chain.transfers(node.mine())
    assert moved(transfers) == [
        (usdt.address, FAUCET, ADA, 1_000_000),
        (look_alike.address, FAUCET, ADA, 7),
        (usdt.address, "0x" + "0" * 40, ADA, 3),
        (None, FAUCET, ADA, 5),
        (None, FAUCET, splitter.address, ETHER),
        (None, splitter.address, ADA, ETHER),
    ]
    receipts = [chain.receipt(tx) for tx in txs]
    assert transfers == [t for r in receipts if r is not None for t in r.transfers]
    assert [t.index for t in transfers or []] == [0, 0, 0, NATIVE_INDEX, NATIVE_INDEX, NATIVE_INDEX + 1]


def test_internal_payments_are_seen_only_by_tracing(node: Node, chain: EvmChain, untraced: EvmChain) -> None:
    splitter = node.deploy("Splitter")
    tx = node.transact(splitter, "pay", ADA, value=5)
    number = node.mine()
    assert moved(chain.transfers(number)) == [(None, FAUCET, splitter.address, 5), (None, splitter.address, ADA, 5)]
    assert moved(untraced.transfers(number)) == [(None, FAUCET, splitter.address, 5)]
    receipt = untraced.receipt(tx)
    assert receipt is not None
    assert moved(receipt.transfers) == [(None, FAUCET, splitter.address, 5)]


def test_an_undone_call_moves_nothing_although_its_transaction_succeeds(node: Node, chain: EvmChain) -> None:
    splitter = node.deploy("Splitter")
    tx = node.transact(splitter, "pay_and_revert", ADA, value=5)
    number = node.mine()
    receipt = chain.receipt(tx)
    assert receipt is not None
    assert receipt.succeeded
    assert moved(receipt.transfers) == [(None, FAUCET, splitter.address, 5)]
    assert chain.transfers(number) == list(receipt.transfers)
    assert chain.balance(ADA, None) == 0


def test_a_payment_at_the_bottom_of_two_hundred_calls_is_found(node: Node, chain: EvmChain) -> None:
    splitter = node.deploy("Splitter")
    node.transact(splitter, "pay_deep", ADA, 200, value=5, gas=25_000_000)
    transfers = chain.transfers(node.mine())
    assert moved(transfers)[-1] == (None, splitter.address, ADA, 5)
    assert len(moved(transfers)) == 202


@pytest.mark.parametrize("depth", [3, 1_000, 3_000])
def test_json_is_read_however_deep_it_nests(depth: int) -> None:
    text = '{"calls": [' * depth + '{"value": "0x5", "of": [null, true, -1.5, "\\u00e9\\""]}' + "]}" * depth
    found = deep_json.parse(text)
    for _ in range(depth):
        assert isinstance(found, dict)
        found = found["calls"][0]
    assert found == {"value": "0x5", "of": [None, True, -1.5, 'é"']}


@pytest.mark.parametrize(
    "text", ["", "[1,]", "[1 2]", '{"a" 1}', "{1:2}", '{"a":1,}', "[", "[}", "1 1", "]", "nul", '"']
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        deep_json.parse(text)


def test_json_deeper_than_any_trace_is_refused() -> None:
    with pytest.raises(ValueError, match="levels"):
        deep_json.parse("[" * 20_000 + "1" + "]" * 20_000)


def test_a_failed_transaction_moved_nothing_but_used_gas(node: Node, chain: EvmChain, untraced: EvmChain) -> None:
    usdt = node.deploy("TestUSDT", 100)
    bouncer = node.deploy("Bouncer")
    too_much = node.transact(usdt, "transfer", ADA, 101)
    bounced = node.send({"from": FAUCET, "to": bouncer.address, "value": "0x5", "gas": hex(100_000)})
    number = node.mine()
    for tx in (too_much, bounced):
        receipt = chain.receipt(tx)
        assert receipt is not None
        assert (receipt.succeeded, receipt.transfers) == (False, ())
        assert receipt.gas_used > 21_000
    assert chain.transfers(number) == untraced.transfers(number) == []


@pytest.mark.parametrize(
    ("name", "function", "said", "arrived"),
    [
        ("TestUSDT", "transfer", [1_000], 1_000),  # the good case
        ("NoReturnToken", "transfer", [1_000], 1_000),  # returns nothing, as USDT does
        ("FeeToken", "transfer", [1_000], 990),  # the event says more than what arrived
        ("FalseToken", "transfer", [], 0),  # succeeds and moves nothing
        ("FakeEventToken", "fake", [1_000], 0),  # only an event
    ],
)
def test_events_are_what_a_token_says_and_balances_what_arrived(
    node: Node, chain: EvmChain, name: str, function: str, said: list[int], arrived: int
) -> None:
    token = node.deploy(name, 10**9)
    node.transact(token, function, ADA, 1_000)
    number = node.mine()
    assert [t.units for t in chain.transfers(number) or []] == said
    assert chain.balance(ADA, token.address) == arrived
    assert chain.balance(ADA, token.address, number - 1) == 0
    assert node.call(token, "balanceOf", ADA) == arrived


def test_balances_and_nonces_are_known_for_past_blocks(node: Node, chain: EvmChain) -> None:
    first = node.mine()
    nonce = chain.nonce(FAUCET)
    node.send_from_faucet(ADA, 5)
    assert (chain.nonce(FAUCET), chain.nonce(FAUCET, "pending")) == (nonce, nonce + 1)
    second = node.mine()
    assert (chain.balance(ADA, None, first), chain.balance(ADA, None, second), chain.balance(ADA, None)) == (0, 5, 5)
    assert (chain.nonce_at(FAUCET, first), chain.nonce_at(FAUCET, second)) == (nonce, nonce + 1)
    with pytest.raises(Unreachable):
        chain.nonce_at(FAUCET, second + 1)


def test_a_balance_in_what_is_no_token_is_no_answer(node: Node, chain: EvmChain) -> None:
    with pytest.raises(Unreachable, match="balanceOf with 0 bytes"):
        chain.balance(FAUCET, ADA)


def test_contracts_have_code_and_people_have_none(node: Node, chain: EvmChain) -> None:
    assert len(chain.code(node.deploy("Bouncer").address)) > 20
    assert chain.code(ADA) == b""


@pytest.mark.parametrize(("name", "args"), [("TestUSDT", [1]), ("NoReturnToken", [1]), ("FeeToken", [1])])
def test_a_token_is_known_by_the_balances_that_it_keeps(
    node: Node, chain: EvmChain, name: str, args: list[object]
) -> None:
    assert chain.is_token(node.deploy(name, *args).address)


def test_who_answers_nothing_or_everything_is_no_token(node: Node, chain: EvmChain) -> None:
    echo = "0x60206000f3"  # whatever is asked: one word of zeros
    node.ask("anvil_setCode", ADA, echo)
    assert not chain.is_token(ADA)
    assert not chain.is_token(node.deploy("Bouncer").address), "it refuses every call"
    assert not chain.is_token(node.deploy("Splitter").address), "it takes every call and gives nothing back"
    assert not chain.is_token(fresh_address("ben")), "nothing stands there"


def test_fees_leave_room_for_a_base_fee_twice_as_high(node: Node, chain: EvmChain) -> None:
    node.mine()
    block = node.ask("eth_getBlockByNumber", "latest", False)
    assert isinstance(block, dict)
    base, tip = int(block["baseFeePerGas"], 16), int(str(node.ask("eth_maxPriorityFeePerGas")), 16)
    assert chain.fees() == Fees(max_fee=2 * base + tip, tip=tip)


def test_gas_is_the_estimate_and_a_quarter_and_a_refusal_is_told(node: Node, chain: EvmChain) -> None:
    usdt: Contract = node.deploy("TestUSDT", 100)
    bouncer = node.deploy("Bouncer")
    assert chain.gas_for(FAUCET, None, ADA, 5) == 26_250
    assert 40_000 < chain.gas_for(FAUCET, usdt.address, ADA, 100) < 100_000
    with pytest.raises(WouldRevert, match="balance too low"):
        chain.gas_for(FAUCET, usdt.address, ADA, 101)
    with pytest.raises(WouldRevert, match="no coins here"):
        chain.gas_for(FAUCET, None, bouncer.address, 5)


def test_signed_bytes_are_accepted_once_and_refusals_keep_the_nodes_words(node: Node, chain: EvmChain) -> None:
    account = Account.create("a sender of its own")
    node.send_from_faucet(account.address, ETHER)
    node.mine()
    raw = account.sign_transaction(
        {"chainId": CHAIN_ID, "nonce": 0, "to": ADA, "value": 5, "gas": 21_000, "maxFeePerGas": 10**10}
        | {"maxPriorityFeePerGas": 10**9, "type": 2}
    ).raw_transaction
    sent = chain.send(bytes(raw))
    assert (sent.accepted, sent.words) == (True, "")
    again = chain.send(bytes(raw))
    assert not again.accepted
    assert "already" in again.words
    node.mine()
    receipt = chain.receipt("0x" + keccak256(bytes(raw)).hex())
    assert receipt is not None
    assert moved(receipt.transfers) == [(None, account.address, ADA, 5)]
    assert "nonce" in chain.send(bytes(raw)).words
    assert not chain.send(b"no transaction").accepted


ASKING: list[Callable[[EvmChain], object]] = [
    lambda c: c.chain_id(),
    lambda c: c.head(),
    lambda c: c.block(1),
    lambda c: c.receipt(NOWHERE),
    lambda c: c.transfers(1),
    lambda c: c.nonce(ADA),
    lambda c: c.nonce_at(ADA, 1),
    lambda c: c.balance(ADA, None),
    lambda c: c.balance(ADA, FAUCET),
    lambda c: c.code(ADA),
    lambda c: c.fees(),
    lambda c: c.gas_for(FAUCET, None, ADA, 5),
]
SENDING: Callable[[EvmChain], object] = lambda c: c.send(b"\x02")  # noqa: E731


def test_where_nobody_listens_every_question_is_unreachable() -> None:
    chain = EvmChain(f"http://127.0.0.1:{free_port()}", "local", timeout=1)
    for ask in [*ASKING, SENDING]:
        with pytest.raises(Unreachable):
            ask(chain)
    chain.close()


@contextmanager
def liar(answer: Callable[[dict[str, object]], bytes], status: int = 200) -> Iterator[EvmChain]:
    """A chain behind a server that answers every question so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        chain = EvmChain(f"http://127.0.0.1:{server.server_port}", "local", trace=True, timeout=1)
        try:
            yield chain
        finally:
            chain.close()
            server.shutdown()
            thread.join()


def result(value: object) -> Callable[[dict[str, object]], bytes]:
    return lambda question: json.dumps({"jsonrpc": "2.0", "id": question["id"], "result": value}).encode()


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (result("0x1"), 500),
        (result("0x1"), 429),
        (lambda _: b"<html>busy</html>", 200),
        (lambda _: b"\xff\xfe", 200),
        (lambda _: b"[" * 50_000, 200),
        (lambda _: b"[]", 200),
        (lambda _: b'{"jsonrpc": "2.0", "id": 999999, "result": "0x1"}', 200),
        (lambda q: json.dumps({"id": q["id"]}).encode(), 200),
    ],
    ids=["500", "429", "html", "no_text", "deep", "no_record", "another_question", "no_result"],
)
def test_what_is_no_answer_is_unreachable(answer: Callable[[dict[str, object]], bytes], status: int) -> None:
    with liar(answer, status) as chain:
        for ask in [*ASKING, SENDING]:
            with pytest.raises(Unreachable):
                ask(chain)


@pytest.mark.parametrize("value", ["1", 1, "0xzz", "-0x1", "0x١", "0x" + "f" * 65, [], True, {"number": "0x1"}])
def test_a_number_that_is_none_is_unreachable(value: object) -> None:
    with liar(result(value)) as chain:
        for ask in ASKING:
            with pytest.raises(Unreachable):
                ask(chain)


def test_no_digits_are_no_number_but_may_be_no_code() -> None:
    with liar(result("0x")) as chain:
        assert chain.code(ADA) == b""
        with pytest.raises(Unreachable, match="no 0x number"):
            chain.nonce(ADA)


def test_a_number_that_cannot_be_is_unreachable() -> None:
    with liar(result("0x" + "f" * 64)) as chain:
        assert chain.balance(ADA, None) == 2**256 - 1
        for ask in (ASKING[0], ASKING[5], ASKING[-1]):
            with pytest.raises(Unreachable, match="cannot be"):
                ask(chain)


def test_another_block_than_the_one_asked_for_is_unreachable(node: Node) -> None:
    with liar(result(node.ask("eth_getBlockByNumber", "0x0", True))) as chain:
        assert chain.block(0) is not None
        with pytest.raises(Unreachable, match="Asked for block 1"):
            chain.block(1)
        with pytest.raises(Unreachable, match="Asked for block 1"):
            chain.transfers(1)


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("eth_getBlockReceipts", lambda said: []),
        ("eth_getBlockReceipts", lambda said: [said[0] | {"transactionHash": NOWHERE}]),
        ("eth_getBlockReceipts", lambda said: [said[0] | {"blockHash": NOWHERE}]),
        ("eth_getBlockReceipts", lambda said: [said[0] | {"status": "0x2"}]),
        ("debug_traceBlockByHash", lambda said: []),
        ("debug_traceBlockByHash", lambda said: [{"txHash": said[0]["txHash"], "error": "Resource not found"}]),
        ("debug_traceBlockByHash", lambda said: [said[0] | {"txHash": NOWHERE}]),
    ],
    ids=["none", "of_another", "elsewhere", "status_2", "untraced", "trace_failed", "trace_of_another"],
)
def test_a_block_whose_parts_do_not_fit_is_unreachable(
    node: Node, method: str, change: Callable[[list[dict[str, object]]], object]
) -> None:
    node.send_from_faucet(ADA, 5)
    number = node.mine()

    def answer(question: dict[str, object]) -> bytes:
        params = question["params"]
        assert isinstance(params, list)
        said = node.ask(str(question["method"]), *params)
        if question["method"] == method:
            assert isinstance(said, list)
            said = change(said)
        return result(said)(question)

    with liar(answer) as chain, pytest.raises(Unreachable):
        chain.transfers(number)


def test_the_words_of_a_refusal_are_short_and_printable() -> None:
    error = {"code": -32000, "message": "no\x00\x1b[31m" + "x" * 10_000}
    with liar(lambda q: json.dumps({"id": q["id"], "error": error}).encode()) as chain:
        words = chain.send(b"\x02").words
        assert len(words) == 500
        assert words.isprintable()
        with pytest.raises(Unreachable, match="no"):
            chain.head()
