# pragma version ~=0.4.3
# Announces transfers that never were: anybody may emit any event from a contract of their own.

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
def fake(to: address, amount: uint256):
    log Transfer(sender=msg.sender, receiver=to, amount=amount)
