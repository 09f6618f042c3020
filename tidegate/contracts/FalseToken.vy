# pragma version ~=0.4.3
# Says no by returning False: nothing moves, nothing reverts, and the transaction succeeds.

symbol: public(constant(String[8])) = "USDT"
decimals: public(constant(uint8)) = 6

balanceOf: public(HashMap[address, uint256])


@deploy
def __init__(supply: uint256):
    self.balanceOf[msg.sender] = supply


@external
def transfer(to: address, amount: uint256) -> bool:
    return False
