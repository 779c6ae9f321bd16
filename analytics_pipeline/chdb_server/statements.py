"""What has to be known about a statement before the engine gets it.

The engine parses SQL itself. Only two things are needed here: where the SQL of an INSERT ends and its
binary data begins, and in which format a statement answers.
"""

import re
from typing import NamedTuple

_TOKEN = re.compile(
    rb"""(?P<skip>\s+|--[^\n]*\n?|\#[ !][^\n]*\n?|/\*.*?\*/)
       |(?P<quoted>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`)
       |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
       |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_DATA_SEPARATOR = re.compile(rb"[ \t]*(?:;[ \t]*)?(?:\r?\n)?")
_TRAILING_FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*(?:SETTINGS\b[^;']*)?;?\s*\Z", re.IGNORECASE)
_ROW_PRODUCING = frozenset(
    {b"SELECT", b"WITH", b"SHOW", b"DESCRIBE", b"DESC", b"EXISTS", b"EXPLAIN", b"CHECK", b"FROM", b"("}
)
_STREAMABLE = frozenset({b"SELECT", b"WITH", b"FROM", b"("})
# Blocks of these can be put one behind the other; every other format has a head or a foot.
_STREAMABLE_FORMATS = frozenset({"Native", "TabSeparated", "TSV", "CSV", "RowBinary", "JSONEachRow"})


class Insert(NamedTuple):
    """`INSERT … FORMAT name` without the format; its data begins at `data_offset` of the text."""

    statement: str
    format: str
    data_offset: int


def split_insert(text: bytes) -> Insert | None:
    """The INSERT at the head of this text, or None if it isn't one that carries data in a format."""
    depth = 0
    words = 0
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "word":
            word = token.group().upper()
            words += 1
            if words == 1 and word != b"INSERT":
                return None
            if word == b"FORMAT" and depth == 0:
                return _insert_at(text, token)
            if word in {b"VALUES", b"SELECT"} and depth == 0:
                return None
        elif token.lastgroup == "other":
            depth += {b"(": 1, b")": -1}.get(token.group(), 0)
    return None


def _insert_at(text: bytes, keyword: re.Match[bytes]) -> Insert | None:
    name = _TOKEN.match(text, keyword.end())
    while name is not None and name.lastgroup == "skip":
        name = _TOKEN.match(text, name.end())
    if name is None or name.lastgroup != "word" or name.group().upper() == b"VALUES":
        return None
    separator = _DATA_SEPARATOR.match(text, name.end())
    return Insert(
        statement=text[: keyword.start()].decode(),
        format=name.group().decode(),
        data_offset=separator.end() if separator else name.end(),
    )


def first_word(text: bytes) -> bytes:
    """The statement's first keyword in capitals, or an opening parenthesis; empty for no statement."""
    for token in _TOKEN.finditer(text):
        if token.lastgroup != "skip":
            return token.group().upper()
    return b""


def answer_format(text: bytes, *, default: str) -> str | None:
    """The format that the statement answers in, or None for one that answers with nothing."""
    if first_word(text) not in _ROW_PRODUCING:
        return None
    named = _TRAILING_FORMAT.search(text)
    return named.group(1).decode() if named else default


def can_stream(text: bytes, *, answer: str | None) -> bool:
    """Whether the answer may be sent block by block."""
    return answer in _STREAMABLE_FORMATS and first_word(text) in _STREAMABLE
