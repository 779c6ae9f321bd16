"""Countries by ISO 3166-1, from `countries.csv`: codes of two and three letters, and names."""

import csv
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("countries.csv")


@cache
def country_names() -> Mapping[str, str]:
    """Return the English name of each country by its code of two letters."""
    return {row["alpha_2"]: row["names"].split(";")[0] for row in _rows()}


def country_code(text: str) -> str | None:
    """Return the code of two letters for a code of two or three letters or a name; None if it is unknown."""
    return _codes().get(_folded(text))


@cache
def _codes() -> Mapping[str, str]:
    codes = {}
    for row in _rows():
        for text in (row["alpha_2"], row["alpha_3"], *row["names"].split(";")):
            codes[_folded(text)] = row["alpha_2"]
    return codes


def _rows() -> list[dict[str, str]]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _folded(text: str) -> str:
    """Return the letters of `text` in lower case and without accents: "U.S.A." is "usa"."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in letters if character.isalnum())
