# pragma version ~=0.4.3
# A receiver that refuses the native coin.


@external
@payable
def __default__():
    raise "no coins here"
