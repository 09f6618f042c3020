"""A line cut into words, numbers, texts and signs. What is not part of the language ends here, in words.

Only what passes here reaches Python's parser: plain ASCII, short numbers, no backslash, few brackets. That keeps
from it everything it is known to choke on (zero bytes, surrogates, thousand-digit numbers, deep nesting) and
everything it warns about.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tidegate.policy.language.bounds import (
    MAX_CHARACTERS,
    MAX_DECIMALS,
    MAX_DEPTH,
    MAX_TEXT,
    MAX_TOKENS,
    MAX_WHOLE_DIGITS,
)
from tidegate.policy.language.fault import RuleFault, nearest, shown

_PIECE = re.compile(
    r"""(?P<blank>[ \t]+)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<number>\.?[0-9][0-9A-Za-z_.]*)
    | (?P<text>'[^']*'|"[^"]*")
    | (?P<sign>->|==|!=|<=|>=|<>|:=|\*\*|//|<<|>>|=>|=<|&&|\|\||[\x21-\x7e])
    """,
    re.X | re.S,
)
_NUMBER = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?([hd])?")
_SIGNS = frozenset(("->", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "(", ")", "[", "]", "{", "}", ","))
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_WORDS = frozenset(("and", "or", "not", "in"))

_SIGN_ADVICE = {
    "=": ("one = gives a value a name; to compare, write two", "=="),
    "=>": ("the sign for at least is >=", ">="),
    "=<": ("the sign for at most is <=", "<="),
    "<>": ("the sign for different is !=", "!="),
    ":=": ("a rule cannot give a value a name", None),
    "&&": ("both is written as a word", " and "),
    "&": ("both is written as a word", " and "),
    "||": ("either is written as a word", " or "),
    "|": ("either is written as a word", " or "),
    "!": ("the opposite is written as a word", "not "),
    "/": ("there is no division: x / 0 has no answer; multiply the other side, as in a > 0.5 * b", None),
    "//": ("there is no division: x / 0 has no answer; multiply the other side, as in a > 0.5 * b", None),
    "%": ("there is no percent and no remainder; write a share as a decimal, 80 % as 0.8", None),
    "**": ("there are no powers; multiply", None),
    ".": ("facts have no parts; write the fact's whole name", None),
    "$": ("money is written without a sign, in US dollars", ""),
    "#": ("a rule has no comments; explain it in the message of the pack", None),
    ";": ("one line is one rule", None),
    "\\": ("a backslash means nothing in a rule", None),
}
_WORD_ADVICE = {
    "is": ("to compare, write ==", "=="),
    "if": ("a rule has no if: its condition stands before ->", None),
    "else": ("a rule has no else: write a second rule", None),
    "None": ("there is no word for unknown: a fact that is unknown holds the withdrawal by itself", None),
    "True": ("write the fact by itself, without True", None),
    "False": ("write `not` before the fact, without False", None),
}
_LOOK_ALIKE = str.maketrans(
    {"≥": ">=", "≤": "<=", "≠": "!=", "→": "->", "×": "*", "−": "-", "–": "-", "—": "-", "、": ",", "‘": "'", "’": "'"}
    | {"“": '"', "”": '"', "\u00a0": " ", "\u3000": " "}
)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # "name", "number", "text", "sign", or the word itself: "and", "or", "not", "in"
    text: str
    at: int  # characters before it

    def fault(self, code: str, reason: str, suggestion: str | None = None) -> RuleFault:
        """What is wrong with this token."""
        return RuleFault(code, reason, self.at + 1, len(self.text), suggestion)


def tokenise(line: str, names: Collection[str]) -> list[Token]:
    """The tokens of a line; `names` are for suggestions only. Raises RuleFault and nothing else."""
    if len(line) > MAX_CHARACTERS:
        raise RuleFault(
            "rule_too_long",
            f"the line has {len(line)} characters, {MAX_CHARACTERS} are allowed; write several rules.",
            MAX_CHARACTERS + 1,
            len(line) - MAX_CHARACTERS,
        )
    tokens: list[Token] = []
    at = 0
    while at < len(line):
        piece = _PIECE.match(line, at)
        if piece is None:
            raise _strange(line, at, names)
        kind, text = piece.lastgroup or "", piece.group()
        if kind != "blank":
            token = Token(text if text in _WORDS else kind, text, at)
            _accept(token, line, names, tokens)
            tokens.append(token)
            if len(tokens) > MAX_TOKENS:
                raise token.fault(
                    "rule_too_many_parts",
                    f"more than {MAX_TOKENS} words, numbers and signs; write several rules.",
                )
        at = piece.end()
    return tokens


def number(token: Token) -> tuple[int, int, bool]:
    """A number token as units, decimals, and whether it is a duration (then in hours)."""
    match = _NUMBER.fullmatch(token.text)
    assert match is not None, token
    whole, part, unit = match.groups()
    part = (part or "").rstrip("0")
    units = int(whole + part) * (24 if unit == "d" else 1)
    decimals = len(part)
    while decimals and units % 10 == 0:  # half a day is 12 hours, not 12.0
        units, decimals = units // 10, decimals - 1
    return units, decimals, unit is not None


def check_nesting(tokens: Sequence[Token]) -> None:
    """Brackets have partners, and neither they nor prefixes stand too deep. Raises RuleFault."""
    opened: list[Token] = []
    prefixes = 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        prefix = token.kind == "not" or (token.text == "-" and expects_value(before))
        prefixes = prefixes + 1 if prefix else 0
        if token.kind == "sign" and token.text in _CLOSING:
            opened.append(token)
        elif token.kind == "sign" and token.text in _CLOSING.values():
            if not opened:
                raise token.fault("rule_bracket", f"{token.text} closes nothing; take it away.", "")
            start = opened.pop()
            if _CLOSING[start.text] != token.text:
                raise token.fault(
                    "rule_bracket",
                    f"{token.text} closes {start.text} of column {start.at + 1}.",
                    _CLOSING[start.text],
                )
        if len(opened) + prefixes > MAX_DEPTH:
            raise token.fault("rule_too_deep", f"more than {MAX_DEPTH} brackets or prefixes inside one another.")
    if opened:
        start = opened[-1]
        raise start.fault("rule_bracket", f"{start.text} is never closed; its partner is {_CLOSING[start.text]}.")


def expects_value(before: Token | None) -> bool:
    """Whether something has to follow: nothing was said yet, or an operator, a word or an opening bracket."""
    return before is None or before.kind in _WORDS or (before.kind == "sign" and before.text not in _CLOSING.values())


def _accept(token: Token, line: str, names: Collection[str], before: Sequence[Token]) -> None:
    match token.kind:
        case "sign":
            if token.text in "'\"":
                raise token.fault("rule_text", f"the text that starts here has no closing {token.text}.")
            if token.text not in _SIGNS:
                reason, instead = _SIGN_ADVICE.get(token.text, (f"the sign {token.text} means nothing in a rule", None))
                raise token.fault("rule_sign", f"{reason}.", instead)
        case "number":
            _accept_number(token, before)
        case "text":
            _accept_text(token, before, names)
        case "name" if keyword.iskeyword(token.text):
            reason, instead = _WORD_ADVICE.get(token.text, (f"the word {token.text} means nothing in a rule", None))
            raise token.fault("rule_word", f"{reason}.", instead)
        case "name" if line[token.at + len(token.text) :][:1] in ("'", '"') and len(token.text) <= 2:
            raise token.fault("rule_text", "a text has nothing before its quote.", "")


def _accept_number(token: Token, before: Sequence[Token]) -> None:
    match = _NUMBER.fullmatch(token.text)
    if match is None:
        thousands = _with_commas([*before[-2:], token])
        if thousands is not None:
            raise thousands.fault(
                "rule_number", "a number has no commas between its thousands.", thousands.text.replace(",", "")
            )
        raise token.fault(
            "rule_number",
            f"{shown(token.text)} is not how a rule writes numbers: digits with at most one point (1000, 0.8), "
            "for durations followed by h or d (72h, 3d).",
            _plain(token.text),
        )
    whole, part, _ = match.groups()
    if len(whole) > MAX_WHOLE_DIGITS or len(part or "") > MAX_DECIMALS:
        raise token.fault(
            "rule_number",
            f"a number has at most {MAX_WHOLE_DIGITS} digits before the point and {MAX_DECIMALS} after it.",
        )


def _accept_text(token: Token, before: Sequence[Token], names: Collection[str]) -> None:
    if before and before[-1].kind == "text":
        raise token.fault("rule_text", "two texts stand side by side; a set has commas between them.")
    inside = token.text[1:-1]
    for offset, letter in enumerate(inside):
        if letter == "\\":
            raise RuleFault("rule_text", "a backslash means nothing in a text.", token.at + offset + 2, 1)
        if not " " <= letter <= "~":
            raise _strange(token.text, offset + 1, names, token.at)
    if len(inside) > MAX_TEXT:
        raise token.fault("rule_text", f"a text has at most {MAX_TEXT} characters; this one has {len(inside)}.")


def _with_commas(pieces: Sequence[Token]) -> Token | None:
    """5,000 as one piece. Only where the last part cannot be a number by itself: {5,100} is a set of two."""
    text = "".join(piece.text for piece in pieces)
    together = len(pieces) == 3 and pieces[0].at + len(text) == pieces[2].at + len(pieces[2].text)
    return Token("number", text, pieces[0].at) if together and re.fullmatch(r"[0-9]+,0[0-9]{2}", text) else None


def _plain(text: str) -> str | None:
    """An odd number as a rule would write it, where that is certain: 1_000, 1e3, 0x10, .5, 007."""
    digits = text.replace("_", "")
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", digits):
        return str(int(digits, 16))
    power = re.fullmatch(r"([1-9][0-9]{0,17})[eE]([0-9]|1[0-9])", digits)
    if power is not None:
        return power.group(1) + "0" * int(power.group(2))
    plain = re.fullmatch(r"0*([0-9]*)(?:\.([0-9]*))?([hd]?)", digits)
    if plain is None:
        return None
    whole, part, unit = plain.groups()
    return f"{whole or '0'}{f'.{part}' if part else ''}{unit}"


def _strange(line: str, at: int, names: Collection[str], shift: int = 0) -> RuleFault:
    """A character that is not printable ASCII; its whole word, where the word looks like a fact's name."""
    letter = line[at]
    if letter in "\r\n":
        return RuleFault("rule_not_ascii", "one rule is one line.", shift + at + 1, 1, " ")
    called = unicodedata.name(letter, f"U+{ord(letter):04X}")
    start, end = at, at + 1
    while letter.isalnum() and start > 0 and (line[start - 1].isalnum() or line[start - 1] == "_"):
        start -= 1
    while letter.isalnum() and end < len(line) and (line[end].isalnum() or line[end] == "_"):
        end += 1
    word = line[start:end]
    plain = unicodedata.normalize("NFKC", word.translate(_LOOK_ALIKE))
    # Compared without what is not ASCII, a Cyrillic letter costs one typing error and not more.
    known = nearest(plain, names) if not plain.isascii() else None
    why = (
        "two letters that look the same would be two different names"
        if letter.isalnum()
        else "write it with plain signs"
    )
    return RuleFault(
        "rule_not_ascii",
        f"{called} is not plain ASCII; {why}.",
        shift + start + 1,
        end - start,
        plain if plain.isascii() and plain.isprintable() else known,
    )
