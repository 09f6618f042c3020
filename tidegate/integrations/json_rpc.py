"""JSON-RPC over HTTP with a node that may be slow, broken or lying: an answer of bounded size, or a plain failure."""

from __future__ import annotations

import itertools
import json

from tidegate.base.chain import Unreachable
from tidegate.integrations import deep_json
from tidegate.integrations.exchange import Exchange, Unanswered

LARGEST_ANSWER = 64 * 1024 * 1024  # bytes; the trace of a full block is some megabytes


class NodeError(Exception):
    """The node understood the question and answered with an error."""

    def __init__(self, method: str, code: int, message: str) -> None:
        super().__init__(f"{method}: {message} ({code})")
        self.code = code
        self.message = message  # printable, at most 500 characters


class JsonRpc:
    """One node. May be used by several threads."""

    def __init__(self, url: str, timeout: float) -> None:
        self.url = url
        self._numbers = itertools.count(1)
        # `timeout` is for each piece of an answer; the whole may take six times as long.
        self._exchange = Exchange(6 * timeout, LARGEST_ANSWER, piece=timeout, keep=True)

    def close(self) -> None:
        self._exchange.close()

    def ask(self, method: str, *params: object) -> object:
        """The `result` of the answer. Raises NodeError, and Unreachable for everything that is no answer."""
        number = next(self._numbers)
        question = {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
        answer = self._parsed(method, self._posted(method, question))
        if not isinstance(answer, dict) or answer.get("id") != number:
            raise Unreachable(f"{method}: the answer is not an answer to question {number}.")
        error = answer.get("error")
        if error is not None:
            raise _node_error(method, error)
        if "result" not in answer:
            raise Unreachable(f"{method}: the answer has neither result nor error.")
        result: object = answer["result"]
        return result

    def _posted(self, method: str, question: object) -> bytes:
        try:
            answer = self._exchange.post(self.url, json.dumps(question).encode(), {})
        except Unanswered as fault:
            raise Unreachable(f"{method}: {fault}.") from fault
        if answer.status != 200:
            raise Unreachable(f"{method}: the node answered with HTTP status {answer.status}.")
        return answer.body

    def _parsed(self, method: str, body: bytes) -> object:
        try:
            text = body.decode()
            try:
                parsed: object = json.loads(text)
            except RecursionError:
                # Anybody can pay for a transaction with hundreds of nested calls. Were its trace unreadable, the
                # block would never be read, and no deposit after it.
                parsed = deep_json.parse(text)
        except ValueError as fault:
            raise Unreachable(f"{method}: the answer is not JSON: {fault}") from fault
        return parsed


def _node_error(method: str, error: object) -> NodeError:
    code, message = 0, "an error without words"
    if isinstance(error, dict):
        if isinstance(error.get("code"), int):
            code = error["code"]
        if isinstance(error.get("message"), str):
            message = error["message"]
    # Somebody else's text on its way to a log, a page and a database that refuses NUL.
    return NodeError(method, code, "".join(c if c.isprintable() else " " for c in message[:500]))
