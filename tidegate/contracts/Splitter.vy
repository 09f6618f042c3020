# pragma version ~=0.4.3
# Pays the native coin by internal calls, which no log and no top-level value shows.


@external
@payable
def pay(to: address):
    raw_call(to, b"", value=msg.value)


@external
@payable
def pay_and_revert(to: address):
    # The call that pays is undone with its frame while the transaction succeeds; the coins stay in here.
    ok: bool = raw_call(
        self,
        abi_encode(to, method_id=method_id("pay_then_raise(address)")),
        value=msg.value,
        revert_on_failure=False,
    )
    assert not ok


@external
@payable
def pay_deep(to: address, depth: uint256):
    # Call frames nest as deep as the payer likes, and so does a node's trace of them.
    if depth == 0:
        raw_call(to, b"", value=msg.value)
    else:
        raw_call(
            self,
            abi_encode(to, depth - 1, method_id=method_id("pay_deep(address,uint256)")),
            value=msg.value,
        )


@external
@payable
def pay_then_raise(to: address):
    raw_call(to, b"", value=msg.value)
    raise "taken back"


@external
@payable
def __default__():
    pass
