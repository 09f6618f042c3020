"""An EVM chain through one node: what it says, checked for form and put into the words of `base.chain`.

The node may be slow, broken or lying. A lie about what happened cannot be seen from here; a number that is no
number, a hash that is none, and an answer about another block than the one asked for can, and are Unreachable.

Value that enters an account outside of transactions (staking withdrawals, block rewards) is not shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from tidegate.base.chain import Block, Fees, Receipt, Sent, Transfer, Unreachable, WouldRevert
from tidegate.codec import evm_address
from tidegate.integrations.json_rpc import JsonRpc, NodeError

NATIVE_INDEX = 1_000_000  # native transfers are numbered from here, past every log index

_TRANSFER_TOPIC = (
    "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"  # Transfer(address,address,uint256)
)
_TRANSFER = "a9059cbb"  # transfer(address,uint256)
_BALANCE_OF = "70a08231"  # balanceOf(address)
_NOTHING = "c0ffee00" + "00" * 32  # a function that no contract has
_CALL_TRACER = {"tracer": "callTracer"}
# Frames that move their value. A DELEGATECALL repeats its parent's, a CALLCODE pays itself, a STATICCALL has none.
_MOVING_FRAMES = frozenset({"CALL", "CREATE", "CREATE2", "SELFDESTRUCT"})

_U256 = 2**256 - 1
_U63 = 2**63 - 1  # what the database can hold; far above every block number and gas price
_MOST_GAS = 2**24  # no transaction on Ethereum may use more (EIP-7825)
_LAST_SECOND = 253_402_300_799  # of the year 9999

_QUANTITY = re.compile("0x[0-9a-fA-F]{1,64}")
_HASH = re.compile("0x[0-9a-fA-F]{64}")
_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
_PADDED_ADDRESS = re.compile("0x0{24}([0-9a-fA-F]{40})")
_DATA = re.compile("0x(?:[0-9a-fA-F]{2})*")

Record = Mapping[str, object]


class EvmChain:
    """One network. Every method raises Unreachable where the node gave no usable answer. Close it after use."""

    def __init__(self, url: str, network: str, trace: bool = False, timeout: float = 5.0) -> None:
        """`trace`: whether the node traces calls; without it, internal transfers of the native coin stay unseen."""
        self.network = network
        self._trace = trace
        self._node = JsonRpc(url, timeout)

    def close(self) -> None:
        self._node.close()

    def chain_id(self) -> int:
        return _quantity(self._ask("eth_chainId"), "chain id", _U63)

    def head(self) -> Block:
        return _block(_record(self._ask("eth_getBlockByNumber", "latest", False), "latest block"))

    def block(self, number: int) -> Block | None:
        """The canonical block of this number, None beyond the head."""
        found = self._block_record(number, full=False)
        return None if found is None else _block(found)

    def receipt(self, hash: str) -> Receipt | None:
        """What became of this transaction; None where it is not mined on the chain that this node now follows."""
        tx = _hash(hash, "transaction hash")
        said = self._ask("eth_getTransactionReceipt", tx)
        if said is None:
            return None
        receipt = _record(said, "receipt")
        if _hash(receipt.get("transactionHash"), "transaction hash of the receipt") != tx:
            raise Unreachable(f"The receipt for {tx} is one of another transaction.")
        transaction = self._ask("eth_getTransactionByHash", tx)
        if receipt.get("blockHash") is None or transaction is None:
            return None
        trace = None
        if self._trace and _succeeded(receipt):
            trace = _record(self._ask("debug_traceTransaction", tx, _CALL_TRACER), "trace")
        # Looked at last: a reorganisation during the questions above must not leave us with halves of two chains.
        number = _quantity(receipt.get("blockNumber"), "block number", _U63)
        canonical = self.block(number)
        block_hash = _hash(receipt.get("blockHash"), "block hash")
        record = _record(transaction, "transaction")
        if canonical is None or canonical.hash != block_hash or record.get("blockHash") != receipt.get("blockHash"):
            return None
        return Receipt(
            tx=tx,
            block=number,
            block_hash=block_hash,
            succeeded=_succeeded(receipt),
            gas_used=_quantity(receipt.get("gasUsed"), "gas used", _U63),
            gas_price=_quantity(receipt.get("effectiveGasPrice"), "gas price", _U63),
            transfers=tuple(_transfers(tx, number, block_hash, record, receipt, trace)),
        )

    def transfers(self, number: int, hash: str | None = None) -> list[Transfer] | None:
        """All value that moved in the block of this number, in order; None where there is no such block (any more).

        With its hash no other block can be meant, whichever machine behind the address answers.
        """
        if hash is None:
            found = self._block_record(number, full=True)
        else:
            said = self._ask("eth_getBlockByHash", _hash(hash, "block hash"), True)
            found = None if said is None else _record(said, "block")
        if found is None:
            return None
        block = _block(found)
        if block.number != number or hash not in (None, block.hash):
            raise Unreachable(f"The node answered with block {block.number} {block.hash}, asked for {number} {hash}.")
        pinned = block.hash
        transactions = [_record(t, "transaction") for t in _list(found.get("transactions"), "transactions")]
        if not transactions:
            return []
        answer = self._ask("eth_getBlockReceipts", pinned)
        if answer is None:
            return None
        receipts = [_record(r, "receipt") for r in _list(answer, "receipts")]
        order = [_hash(t.get("hash"), "transaction hash") for t in transactions]
        if [r.get("transactionHash") for r in receipts] != [t.get("hash") for t in transactions]:
            raise Unreachable(f"The receipts of block {pinned} are not those of its transactions.")
        if any(_hash(r.get("blockHash"), "block hash of a receipt") != pinned for r in receipts):
            raise Unreachable(f"A receipt of block {pinned} is one of another block.")
        # A trace of one that did not succeed is not needed, nor is a block traced where none did.
        traces: dict[str, Record] = {}
        if self._trace and any(_succeeded(r) for r in receipts):
            traces = self._block_traces(pinned, order)
        return [
            transfer
            for tx, transaction, receipt in zip(order, transactions, receipts, strict=True)
            for transfer in _transfers(tx, number, pinned, transaction, receipt, traces.get(tx))
        ]

    def nonce(self, address: str, at: str = "latest") -> int:
        """How many transactions this sender has mined (`latest`), or mined and in this node's pool (`pending`)."""
        return _quantity(self._ask("eth_getTransactionCount", _address(address), at), "nonce", _U63)

    def nonce_at(self, address: str, block: int | str) -> int:
        """How many transactions this sender had mined when this block, by number or hash, was the head."""
        return _quantity(self._ask("eth_getTransactionCount", _address(address), _at(block)), "nonce", _U63)

    def balance(self, address: str, contract: str | None, block: int | str | None = None) -> int:
        """Units of the token, or of the native coin (contract None), after this block, by number or hash; None is the
        latest. A machine that has no block of that hash gives no answer, where by number it would speak of another."""
        at = "latest" if block is None else _at(block)
        if contract is None:
            return _quantity(self._ask("eth_getBalance", _address(address), at), "balance", _U256)
        question = {"to": _address(contract), "data": "0x" + _BALANCE_OF + _word(_address(address))}
        answer = _data(self._ask("eth_call", question, at), "balance")
        if len(answer) != 32:
            raise Unreachable(f"{contract} answered balanceOf with {len(answer)} bytes; a token answers with 32.")
        return int.from_bytes(answer, "big")

    def code(self, address: str) -> bytes:
        """The code at this address; empty for most accounts that a person holds, but see EIP-7702."""
        return _data(self._ask("eth_getCode", _address(address), "latest"), "code")

    def is_token(self, address: str) -> bool:
        """Whether what stands there keeps balances as tokens do. Who also answers what nobody ever asks, answers
        everything, and is none for that."""
        return self._answers(address, _BALANCE_OF + _word(_address(address))) and not self._answers(address, _NOTHING)

    def fees(self) -> Fees:
        """A fee that outlasts six full blocks in a row (each raises the base fee by an eighth), with the node's tip."""
        latest = _record(self._ask("eth_getBlockByNumber", "latest", False), "latest block")
        base = _quantity(latest.get("baseFeePerGas"), "base fee", _U63 // 4)
        tip = _quantity(self._ask("eth_maxPriorityFeePerGas"), "tip", _U63 // 4)
        return Fees(max_fee=2 * base + tip, tip=tip)

    def gas_for(self, sender: str, contract: str | None, receiver: str, units: int) -> int:
        """Gas limit of such a transfer, a quarter above the node's estimate. Raises WouldRevert as well."""
        call: dict[str, str] = {"from": _address(sender)}
        if contract is None:
            call |= {"to": _address(receiver), "value": hex(units)}
        else:
            data = "0x" + _TRANSFER + _word(_address(receiver)) + f"{units:064x}"
            call |= {"to": _address(contract), "data": data}
        try:
            answer = self._node.ask("eth_estimateGas", call)
        except NodeError as fault:
            if _reverted(fault):
                raise WouldRevert(fault.message) from fault
            raise Unreachable(str(fault)) from fault
        estimate = _quantity(answer, "gas estimate", _MOST_GAS)
        return estimate + estimate // 4

    def send(self, raw: bytes) -> Sent:
        """Hand these bytes to the node. The hash that it returns is not read: the bytes say what their hash is."""
        try:
            self._node.ask("eth_sendRawTransaction", "0x" + raw.hex())
        except NodeError as fault:
            return Sent(accepted=False, words=fault.message)
        return Sent(accepted=True, words="")

    def _ask(self, method: str, *params: object) -> object:
        try:
            return self._node.ask(method, *params)
        except NodeError as fault:
            raise Unreachable(str(fault)) from fault

    def _answers(self, contract: str, data: str) -> bool:
        """Whether a call gives one word back; a contract that refuses the call does not."""
        try:
            said = self._node.ask("eth_call", {"to": _address(contract), "data": "0x" + data}, "latest")
        except NodeError as fault:
            if _reverted(fault):
                return False
            raise Unreachable(str(fault)) from fault
        return len(_data(said, "answer")) == 32

    def _block_record(self, number: int, *, full: bool) -> Record | None:
        said = self._ask("eth_getBlockByNumber", hex(number), full)
        if said is None:
            return None
        found = _record(said, "block")
        if _quantity(found.get("number"), "block number", _U63) != number:
            raise Unreachable(f"Asked for block {number}, the node showed {found.get('number')}.")
        return found

    def _block_traces(self, block_hash: str, order: list[str]) -> dict[str, Record]:
        """The outermost call frame of each transaction, by its hash. A trace without a hash is known by its place."""
        answer = self._ask("debug_traceBlockByHash", block_hash, _CALL_TRACER)
        items = [_record(i, "trace") for i in _list(answer, "traces")]
        if len(items) != len(order):
            raise Unreachable(f"Block {block_hash} has {len(order)} transactions and {len(items)} traces.")
        traces: dict[str, Record] = {}
        for tx, item in zip(order, items, strict=True):
            if item.get("txHash", tx) != tx:
                raise Unreachable(f"The trace in the place of {tx} is one of {_short(item.get('txHash'))}.")
            # Where the node could not trace one, silence would hide its internal transfers.
            traces[tx] = _record(item.get("result"), "call frame")
        return traces


def _transfers(
    tx: str, block: int, block_hash: str, transaction: Record, receipt: Record, trace: Record | None
) -> Iterator[Transfer]:
    """What moved in a transaction: tokens by their logs, the native coin by call frames or, untraced, at its top.

    A token's index counts the transaction's own logs. The node's counts the block's: it would be another one after
    a reorganisation.
    """
    if not _succeeded(receipt):
        return
    for index, log in enumerate(_list(receipt.get("logs"), "logs")):
        token = _token_transfer(_record(log, "log"))
        if token is not None:
            contract, sender, receiver, units = token
            yield Transfer(tx, index, block, block_hash, contract, sender, receiver, units)
    native = _top_value(transaction, receipt) if trace is None else _frame_values(trace)
    for position, sender, receiver, units in native:
        yield Transfer(tx, NATIVE_INDEX + position, block, block_hash, None, sender, receiver, units)


def _token_transfer(log: Record) -> tuple[str, str, str, int] | None:
    """Contract, sender, receiver, units; None for every other kind of log.

    A log's topics and data are whatever a contract's author wanted: one that only resembles a transfer is no
    transfer and no fault of the node. Nothing moves with an amount of zero, whose events serve to fill histories
    with look-alike addresses.
    """
    topics = [_hash(t, "log topic") for t in _list(log.get("topics"), "log topics")]
    data = _data(log.get("data"), "log data")
    if len(topics) != 3 or topics[0] != _TRANSFER_TOPIC or len(data) != 32:
        return None
    sender, receiver = _PADDED_ADDRESS.fullmatch(topics[1]), _PADDED_ADDRESS.fullmatch(topics[2])
    units = int.from_bytes(data, "big")
    if sender is None or receiver is None or units == 0:
        return None
    contract = _checksummed(log.get("address"), "address of a log")
    return contract, _spelled(sender[1]), _spelled(receiver[1]), units


def _top_value(transaction: Record, receipt: Record) -> Iterator[tuple[int, str, str, int]]:
    units = _quantity(transaction.get("value"), "value", _U256)
    if units > 0:
        created = transaction.get("to") is None
        receiver = receipt.get("contractAddress") if created else transaction.get("to")
        yield 0, _checksummed(transaction.get("from"), "sender"), _checksummed(receiver, "receiver"), units


def _frame_values(outermost: Record) -> Iterator[tuple[int, str, str, int]]:
    """Position, sender, receiver and units of each frame that moved value and was not undone, alone or with a caller.

    Without recursion: whoever pays for the transaction chooses how deep the frames nest.
    """
    position = 0
    open_ = [(outermost, False)]
    while open_:
        frame, undone = open_.pop()
        undone = undone or frame.get("error") is not None
        units = _quantity(frame.get("value") or "0x0", "value of a call frame", _U256)
        if units > 0 and not undone and frame.get("type") in _MOVING_FRAMES:
            sender = _checksummed(frame.get("from"), "sender of a call frame")
            yield position, sender, _checksummed(frame.get("to"), "receiver of a call frame"), units
        position += 1
        inner = _list(frame.get("calls") or [], "call frames")
        open_.extend((_record(f, "call frame"), undone) for f in reversed(inner))


def _block(record: Record) -> Block:
    return Block(
        number=_quantity(record.get("number"), "block number", _U63),
        hash=_hash(record.get("hash"), "block hash"),
        parent=_hash(record.get("parentHash"), "parent hash"),
        at=datetime.fromtimestamp(_quantity(record.get("timestamp"), "block time", _LAST_SECOND), UTC),
    )


def _reverted(fault: NodeError) -> bool:
    """Code 3 is geth's for a revert; other nodes only say so in words."""
    return fault.code == 3 or "revert" in fault.message.lower()


def _succeeded(receipt: Record) -> bool:
    return _quantity(receipt.get("status"), "status of a receipt", 1) == 1


def _record(value: object, what: str) -> Record:
    if not isinstance(value, dict):
        raise Unreachable(f"The {what} is no record but {_short(value)}.")
    return value


def _list(value: object, what: str) -> list[object]:
    if not isinstance(value, list):
        raise Unreachable(f"The {what} are no list but {_short(value)}.")
    return value


def _quantity(value: object, what: str, most: int) -> int:
    if not isinstance(value, str) or _QUANTITY.fullmatch(value) is None:
        raise Unreachable(f"The {what} is no 0x number but {_short(value)}.")
    number = int(value, 16)
    if number > most:
        raise Unreachable(f"The {what} is {number}; more than {most} cannot be.")
    return number


def _hash(value: object, what: str) -> str:
    if not isinstance(value, str) or _HASH.fullmatch(value) is None:
        raise Unreachable(f"The {what} is not 0x and 64 hexadecimal digits but {_short(value)}.")
    return value.lower()


def _data(value: object, what: str) -> bytes:
    if not isinstance(value, str) or _DATA.fullmatch(value) is None:
        raise Unreachable(f"The {what} is no 0x and pairs of hexadecimal digits but {_short(value)}.")
    return bytes.fromhex(value[2:])


def _checksummed(value: object, what: str) -> str:
    if not isinstance(value, str) or _ADDRESS.fullmatch(value) is None:
        raise Unreachable(f"The {what} is no address but {_short(value)}.")
    return _spelled(value[2:])


def _spelled(digits: str) -> str:
    return evm_address.checksum(bytes.fromhex(digits))


def _at(block: int | str) -> object:
    """A block as the node wants it named: by number, or by hash (EIP-1898)."""
    return hex(block) if isinstance(block, int) else {"blockHash": _hash(block, "block hash")}


def _address(ours: str) -> str:
    """An address of our own side, in small letters. Raises BadAddress: a wrong one here is a bug, not the node's."""
    return "0x" + evm_address.parse(ours).hex()


def _word(address: str) -> str:
    return address[2:].rjust(64, "0")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:80] + "…"
