"""Scan statements: find where an INSERT's data begins, the output format, and the words.

The engine parses the SQL. This module finds what the protocol needs to know before that.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

_TOKEN = re.compile(
    rb"""(?P<skip>\s+|--[^\n]*\n?|\#[ !][^\n]*\n?|/\*.*?\*/)
       |(?P<quoted>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`)
       |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
       |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_DATA_SEPARATOR = re.compile(rb"[ \t]*(?:;[ \t]*)?(?:\r?\n)?")
_ROW_PRODUCING = frozenset(
    {
        b"SELECT",
        b"WITH",
        b"SHOW",
        b"DESCRIBE",
        b"DESC",
        b"EXISTS",
        b"EXPLAIN",
        b"CHECK",
        b"FROM",
        b"KILL",
        b"(",
    }
)
_SELECT = frozenset({b"SELECT", b"WITH", b"FROM", b"("})


class Insert(NamedTuple):
    """The head of an INSERT that carries data.

    The data begins at `data_offset` of the text. `statement` has no FORMAT clause. `kind` is "values" for
    data after VALUES, which may contain expressions.
    """

    statement: str
    format: str
    data_offset: int
    kind: Literal["format", "values"]


class Token(NamedTuple):
    """A word, a quoted name or string, or one other character.

    `upper` is the text in capitals, `start` and `end` are offsets in the statement's bytes.
    """

    text: str
    upper: str
    is_name: bool
    start: int = 0
    end: int = 0


def split_insert(text: bytes) -> Insert | None:
    """Return the INSERT at the beginning of `text`, or None for another statement and for INSERT … SELECT."""
    depth = 0
    words = 0
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "word":
            word = token.group().upper()
            words += 1
            if words == 1 and word != b"INSERT":
                return None
            if depth == 0 and word == b"FORMAT":
                return _insert_at(text, token)
            if depth == 0 and word == b"VALUES":
                return Insert(text[: token.start()].decode(), "Values", token.end(), kind="values")
            if depth == 0 and word == b"SELECT":
                return None
        elif token.lastgroup == "other":
            depth += {b"(": 1, b")": -1}.get(token.group(), 0)
    return None


def _insert_at(text: bytes, keyword: re.Match[bytes]) -> Insert | None:
    name = _TOKEN.match(text, keyword.end())
    while name is not None and name.lastgroup == "skip":
        name = _TOKEN.match(text, name.end())
    if name is None or name.lastgroup != "word":
        return None
    statement = text[: keyword.start()].decode()
    if name.group().upper() == b"VALUES":
        return Insert(statement, "Values", name.end(), kind="values")
    separator = _DATA_SEPARATOR.match(text, name.end())
    offset = separator.end() if separator else name.end()
    return Insert(statement, name.group().decode(), offset, kind="format")


def words(text: bytes) -> Iterator[bytes]:
    """Yield the statement's words in capitals and its other characters, without comments and quoted text."""
    for token in _TOKEN.finditer(text):
        if token.lastgroup in {"word", "other"}:
            yield token.group().upper()


def first_word(text: bytes) -> bytes:
    """Return the statement's first keyword in capitals, or an opening parenthesis; empty for no statement."""
    return next(words(text), b"")


def is_read(text: bytes) -> bool:
    """Return whether the statement returns rows and changes nothing."""
    word = first_word(text)
    return word in _ROW_PRODUCING and word != b"KILL"


def output_format(text: bytes, *, default: str) -> str | None:
    """Return the format of the statement's result, or None if it returns no rows."""
    if first_word(text) not in _ROW_PRODUCING:
        return None
    return _named_format(text) or default


def _named_format(text: bytes) -> str | None:
    if b"FORMAT" not in text.upper():
        return None
    found = [token for token in _TOKEN.finditer(text) if token.lastgroup != "skip"]
    for keyword, name, after in zip(found, found[1:], [*found[2:], None], strict=False):
        ends = after is None or after.group().upper() in {b";", b"SETTINGS"}
        if ends and keyword.group().upper() == b"FORMAT" and name.lastgroup == "word":
            return name.group().decode()
    return None


def can_stream(text: bytes) -> bool:
    """Return whether the result may be fetched block by block: a SELECT without totals."""
    return first_word(text) in _SELECT and b"TOTALS" not in text.upper()


def tokens(canonical: str) -> list[Token]:
    """Return the tokens of a statement in the engine's own spelling (`formatQuerySingleLine`).

    In that spelling there are no comments, and a name is quoted only with backquotes.
    """
    found = []
    for match in _TOKEN.finditer(canonical.encode()):
        text = match.group().decode()
        is_name = match.lastgroup == "word"
        if text.startswith("`"):
            text, is_name = text[1:-1].replace("\\`", "`").replace("\\\\", "\\"), True
        if match.lastgroup != "skip":
            found.append(Token(text, text.upper(), is_name, match.start(), match.end()))
    return found
