"""Codes in queries: SKUs, barcodes and model numbers, with or without separators, beside words or alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest

from indexing.analysis import Token, TokenKind
from indexing.analysis.codes import canonical, has_digit
from indexing.planning.plan import Alternative, AlternativeKind

MIN_PREFIX = 4
"""Characters of a code, of which one is a digit, from which its beginning or a part is enough."""
MIN_APART = 6
"""Characters of a code whose parts are separated by spaces; of them MIN_APART_DIGITS are digits."""
MIN_APART_DIGITS = 3
MAX_LETTERS = 4
"""Letters of a part without digits in a code that is written with spaces: "WH 1000 XM4"."""
MAX_PARTS = 4
MAX_RUNS = 12
"""Runs of tokens of a query that may be one code and are looked up: the longest."""

CountCodes = Callable[[Sequence[str]], Mapping[str, int]]
"""Return how many products have a code that begins with each of these."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Adjacent tokens that may be one code."""

    start: int
    end: int
    code: str


def with_codes(text: str, tokens: Sequence[Token], count: CountCodes) -> tuple[Token, ...]:
    """Return `tokens` with those joined to one that are the parts of a code of the shop.

    `count` is called once if there are any candidates, which most queries have not.
    """
    runs = nlargest(MAX_RUNS, _runs(text, tokens), key=lambda run: len(run.code))
    if not runs:
        return tuple(tokens)
    found = count([run.code for run in runs])
    known = [run for run in runs if found[run.code]]
    if not known:
        return tuple(tokens)
    longest = max(known, key=lambda run: (run.end - run.start, len(run.code)))
    return (*tokens[: longest.start], _joined(tokens, longest), *tokens[longest.end :])


def _joined(tokens: Sequence[Token], run: _Run) -> Token:
    first, last = tokens[run.start], tokens[run.end - 1]
    parts = tuple(token.form for token in tokens[run.start : run.end])
    return Token(run.code, run.code, first.start, last.end, TokenKind.CODE, parts)


def _runs(text: str, tokens: Sequence[Token]) -> Iterator[_Run]:
    for start in range(len(tokens)):
        for end in range(start + 2, min(start + MAX_PARTS, len(tokens)) + 1):
            parts = tokens[start:end]
            written = text[parts[0].start : parts[-1].end]
            if parts[0].start >= parts[-1].end or not _may_be_code(written, parts):
                continue
            yield _Run(start, end, canonical(written))


def _may_be_code(written: str, parts: Sequence[Token]) -> bool:
    code = canonical(written)
    if " " not in written:
        return len(code) >= MIN_PREFIX and has_digit(code)
    if any(token.kind in (TokenKind.QUANTITY, TokenKind.SYMBOL) for token in parts):
        return False
    if any(len(token.form) > MAX_LETTERS for token in parts if not has_digit(token.form)):
        return False
    return len(code) >= MIN_APART and sum(map(str.isdecimal, code)) >= MIN_APART_DIGITS


def alternatives(token: Token, *, alone: bool, begun: bool = True) -> Iterator[Alternative]:
    """Yield how a token is found among the codes of products; `alone` if it is the whole query.

    `begun` says whether it may also be the beginning of a code.
    A short number is usually a size or a count, so it is compared with whole codes only, and only alone.
    """
    is_code = token.kind is TokenKind.CODE
    if not is_code and not (alone and token.kind is TokenKind.NUMBER and len(token.form) >= MIN_PREFIX):
        return
    yield Alternative((token.form,), 1.0, AlternativeKind.CODE)
    if begun and is_code and len(token.form) >= MIN_PREFIX and has_digit(token.form):
        yield Alternative((token.form,), 1.0, AlternativeKind.CODE_PREFIX)
