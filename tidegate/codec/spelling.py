"""What every kind of address has in common: its text may be wrong, and an error has to show it safely."""

from __future__ import annotations

_SHOWN = 60


class BadAddress(ValueError):
    """This text is not an address; `code` says in which way, `message` what would be right.

    Codes: `address_empty`, `address_malformed`, `address_bad_checksum`, `address_wrong_network`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def shown(text: str) -> str:
    """The text as a message may carry it: escaped to ASCII, so that what is invisible shows, and cut short."""
    return ascii(text[:_SHOWN]) + ("…" if len(text) > _SHOWN else "")
