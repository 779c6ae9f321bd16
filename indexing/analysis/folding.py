"""Remove what shoppers leave out when they type: case, accents, apostrophes, invisible characters."""

import unicodedata

import regex

_DIACRITICS = regex.compile(
    # Generic combining marks, Hebrew points, Arabic vowels and elongation; never the vowel signs of Indic
    # scripts, which are letters to their readers.
    r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
    r"\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]+"
)
_DIGIT = regex.compile(r"(?![0-9])\p{Nd}")
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_APOSTROPHES = "'`\u2018\u2019\u02bc\u00b4\uff07"
_DELETED = dict.fromkeys(map(ord, _INVISIBLE + _APOSTROPHES))
_UNDECOMPOSED = str.maketrans(
    {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ß": "ss", "ħ": "h"}
)
"""Letters with a stroke and ligatures, which have no canonical decomposition."""
_TURKIC = str.maketrans({"I": "ı", "İ": "i"})


def lowered(word: str, *, turkic: bool = False) -> str:
    """Return `word` in lower case with its accents, as a stemmer expects it.

    In Turkish the capital of ı is I, and that of i is İ.
    """
    if word.isascii():
        return (word.translate(_TURKIC) if turkic else word).lower().replace("'", "").replace("`", "")
    composed = unicodedata.normalize("NFKC", word.translate(_DELETED))
    return (composed.translate(_TURKIC) if turkic else composed).lower().translate(_DELETED)


def folded(word: str) -> str:
    """Return `word`, which is in lower case, without accents and with the digits 0 to 9.

    The letters of every script are kept.
    """
    if word.isascii():
        return word
    stripped = _DIACRITICS.sub("", unicodedata.normalize("NFKD", word))
    letters = unicodedata.normalize("NFC", stripped.casefold().translate(_UNDECOMPOSED))
    return _DIGIT.sub(lambda digit: str(unicodedata.decimal(digit.group(), digit.group())), letters)
