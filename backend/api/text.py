"""Text that is shown to users: which characters it may contain, and the field that checks them."""

import unicodedata
from typing import Any

from rest_framework import serializers

# Embeddings, overrides and isolates change the direction of all following text, so a title could reverse the
# price beside it. The direction marks (U+200E, U+200F) affect only adjacent characters and are allowed.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_LINE_BREAKS = frozenset("\n\r\t")
# Unicode classifies these as letters and symbols, but they are blank.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
_REFUSED_CATEGORIES = frozenset({"Cc", "Zl", "Zp"})


def refused_character(text: str, *, several_lines: bool = False) -> str | None:
    """Return the first control character of `text`, or None; `several_lines` allows line breaks and tabs."""
    for character in text:
        if several_lines and character in _LINE_BREAKS:
            continue
        if character in _BIDI_CONTROLS or unicodedata.category(character) in _REFUSED_CATEGORIES:
            return character
    return None


def is_visible(text: str) -> bool:
    """Return whether any character of `text` is drawn."""
    return any(
        character not in _BLANK and unicodedata.category(character) not in _INVISIBLE_CATEGORIES
        for character in text
    )


def isolated(text: str) -> str:
    """Return the text as a part of plain text whose direction it doesn't change.

    Only text with right-to-left characters is enclosed in isolates: an SMS with them costs twice as much.
    """
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"
    return text


class Text(serializers.CharField):
    """Text that is shown to users, normalised to Unicode's NFC; blank and invisible text count as empty."""

    def __init__(self, *, several_lines: bool = False, **options: Any) -> None:
        """Allow line breaks and tabs if `several_lines`; pass `options` on to the base class."""
        self.several_lines = several_lines
        super().__init__(**options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the text.

        Raises:
            rest_framework.exceptions.ValidationError: it is empty, too long, or has a control character.
        """
        if isinstance(data, str):
            data = unicodedata.normalize("NFC", data)
            found = refused_character(data.strip(), several_lines=self.several_lines)
            if found is not None:
                message = f"The control character U+{ord(found):04X} is not allowed."
                raise serializers.ValidationError(message)
            if not is_visible(data):
                data = ""
        return super().run_validation(data)
