"""Load: closed (so many askers, each asks again when answered) and open (arrivals by a timetable, answered or not)."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bench.stage import AMOUNT, NETWORK, Requests
from tidegate.api.batching import Batching

Send = Callable[[], Awaitable[str]]
"""Ask once; the answer's body."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a slice of load brought: the answers' ids, how long it took, each answer's seconds since it was due."""

    ids: list[str]
    seconds: float
    waits: list[float]

    @property
    def rate(self) -> float:
        return len(self.ids) / self.seconds


async def closed(send: Send, askers: int, seconds: float) -> Run:
    """`askers` at a time for `seconds`; the time counts until the last answer is there."""
    bodies: list[str] = []
    waits: list[float] = []
    began = time.perf_counter()

    async def asker() -> None:
        while (at := time.perf_counter()) - began < seconds:
            bodies.append(await send())
            waits.append(time.perf_counter() - at)

    await asyncio.gather(*(asker() for _ in range(askers)))
    return Run(_ids(bodies), time.perf_counter() - began, waits)


async def opened(send: Send, rate: float, seconds: float) -> Run:
    """Random arrivals at `rate`, whatever is still unanswered. A wait begins when the request was due, not when the
    load got round to sending it: a gate that stalls is charged for everybody who came meanwhile."""
    chance = random.Random(1)
    bodies: list[str] = []
    waits: list[float] = []
    tasks: list[asyncio.Task[None]] = []
    began = time.perf_counter()

    async def one(due: float) -> None:
        bodies.append(await send())
        waits.append(time.perf_counter() - due)

    due = began
    while due - began < seconds:
        late = due - time.perf_counter()
        if late > 0:
            await asyncio.sleep(late)
        tasks.append(asyncio.create_task(one(due)))
        due += chance.expovariate(rate)
    await asyncio.gather(*tasks)
    return Run(_ids(bodies), time.perf_counter() - began, waits)


def _ids(bodies: list[str]) -> list[str]:
    """The ids of the answers, each of them a withdrawal that waits for its customer."""
    said = [json.loads(body) for body in bodies]
    wrong = [item for item in said if item["status"] != "awaiting_confirmation"]
    if wrong:
        raise AssertionError(f"not authorised: {wrong[0]}")
    return [item["id"] for item in said]


# --- the two doors -----------------------------------------------------------------------------------------------


def in_process(batching: Batching, requests: Requests) -> Send:
    """Straight into the batch."""

    async def send() -> str:
        return (await batching.request(requests.ask())).body

    return send


class Http:
    """Keep-alive connections to one server, as many as are asked for.

    Written on bare streams: a general client spends more CPU on a request than the server, and on a machine with two
    cores the figure would be the client's.
    """

    def __init__(self, ports: Sequence[int], key: str, requests: Requests) -> None:
        self._ports, self._key, self._requests = ports, key, requests
        self._idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        self._writers: list[asyncio.StreamWriter] = []

    async def open(self, connections: int) -> None:
        self._idle, self._writers = asyncio.Queue(), []
        for n in range(connections):
            pair = await asyncio.open_connection("127.0.0.1", self._ports[n % len(self._ports)])
            self._writers.append(pair[1])
            self._idle.put_nowait(pair)

    async def close(self) -> None:
        for writer in self._writers:
            writer.close()
            await writer.wait_closed()

    async def send(self) -> str:
        customer, address, key = self._requests.fields()
        body = json.dumps(
            {"customer": customer, "asset": "USDT", "network": NETWORK, "amount": AMOUNT, "address": address}
        )
        reader, writer = pair = await self._idle.get()
        writer.write(
            (
                f"POST /v1/withdrawals HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._key}\r\n"
                f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            ).encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        answer = (await reader.readexactly(length)).decode()
        self._idle.put_nowait(pair)
        if not head.startswith("http/1.1 201"):
            raise AssertionError(f"refused: {head} {answer}")
        return answer
