# pragma version ~=0.4.3
# Keeps 1% of every transfer and says in its event that all of it arrived: only balances tell.

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256

symbol: public(constant(String[8])) = "USDT"
decimals: public(constant(uint8)) = 6

balanceOf: public(HashMap[address, uint256])


@deploy
def __init__(supply: uint256):
    self.balanceOf[msg.sender] = supply


@external
def transfer(to: address, amount: uint256) -> bool:
    fee: uint256 = amount // 100
    self.balanceOf[msg.sender] -= amount
    self.balanceOf[to] += amount - fee
    self.balanceOf[self] += fee
    log Transfer(sender=msg.sender, receiver=to, amount=amount)
    return True
