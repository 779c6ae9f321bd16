"""The format of VAT numbers. Whether a number is registered is not checked."""

import re
from collections.abc import Mapping

_SEPARATORS = re.compile(r"[\s.\-]")
_PREFIXES = {"GR": "EL", "CH": "CHE"}
_GENERAL = re.compile(r"[A-Z0-9]{4,20}")
# What follows the prefix: https://ec.europa.eu/taxation_customs/vies (FAQ), and three other countries.
_FORMATS: Mapping[str, str] = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "GR": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[A-HJ-NP-Z0-9]{2}\d{9}",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"\d[A-Z0-9+*]\d{5}[A-Z]{1,2}",
    "IT": r"\d{11}",
    "LT": r"(\d{9}|\d{12})",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"\d{9}B\d{2}",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{10}01",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
    "GB": r"(\d{9}|\d{12}|GD\d{3}|HA\d{3})",
    "CH": r"\d{9}(MWST|TVA|IVA)?",
    "NO": r"\d{9}(MVA)?",
}


def normalise_vat_number(text: str, *, country: str) -> str | None:
    """Return the VAT number with its prefix and without separators; None if the country has no such number.

    A number of another country, with its prefix, is accepted. In a country without a known format any 4 to
    20 letters and digits are.
    """
    number = _SEPARATORS.sub("", text).upper()
    for issuer in _issuers(number, country=country):
        prefix = _PREFIXES.get(issuer, issuer)
        rest = number.removeprefix(prefix)
        if re.fullmatch(_FORMATS[issuer], rest, re.ASCII):
            return prefix + rest
    return number if country not in _FORMATS and _GENERAL.fullmatch(number) else None


def _issuers(number: str, *, country: str) -> list[str]:
    """Return the countries that may have issued the number: that of its prefix, else that of the address."""
    by_prefix = [issuer for issuer in _FORMATS if number.startswith(_PREFIXES.get(issuer, issuer))]
    return [*([country] if country in _FORMATS else []), *by_prefix]
