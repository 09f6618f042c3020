"""How far a block is believed, where several machines stand behind a node's address."""

from __future__ import annotations

from tidegate.base.chain import Block
from tidegate.custody.chain import Chain

LAGGING = 32
"""Blocks by which a machine behind the node's address may be behind the others. Its word that it knows no receipt is
evidence only about what lies deeper. Full nodes keep the states of 128 blocks: finality and this stay below that."""


class WrongChain(Exception):
    """The node disagrees with what is stored; nothing is sent until a person has looked."""


def reached(chain: Chain, number: int, hash: str, head: Block, finality: int, blocks: dict[int, Block]) -> int:
    """The height up to which blocks stand on this one, each the parent of the next; no higher than finality asks.

    Behind the node's address there may be several machines, and one of them may still be on a branch that the others
    gave up. A receipt from there and a head from elsewhere look final together. No such branch ever grows as long as
    finality demands, so the blocks between are counted only as far as they connect. `blocks`: what was asked already.
    """
    last = number + finality - 1
    if head.number < last:
        return head.number  # not final by any count
    while number < last:
        found = blocks.get(number + 1) or chain.block(number + 1)
        if found is None or found.parent != hash:
            blocks.pop(number + 1, None)  # whichever of the two machines is wrong: ask again
            break
        blocks[found.number] = found
        number, hash = found.number, found.hash
    return number
