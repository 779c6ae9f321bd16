"""How a number is written in text: in query parameters, in strings of JSON bodies and in CSV columns.

Python also reads 1_000, +5, 1e3, " 5 ", infinities and the digits of every script. A client that sends one of
these has made a mistake, and other programs would read another number or none. A number of JSON is not text:
its syntax, which has exponents, is that of JSON.
"""

import re

_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")


def is_number(text: str) -> bool:
    """Return whether `text` is a decimal number in the digits 0 to 9, such as 12.50 or -3."""
    return _NUMBER.fullmatch(text) is not None
