"""The notation of numbers in text: in query parameters, in strings of JSON bodies and in CSV columns.

Python also parses 1_000, +5, 1e3, " 5 ", infinities and the digits of every script. They are refused, because
a client that sends one has probably made a mistake, and other programs would read a different number or none.
This doesn't concern numbers in JSON, which have JSON's own syntax.
"""

import re

_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")


def is_number(text: str) -> bool:
    """Return whether `text` is a decimal number in the digits 0 to 9, such as 12.50 or -3."""
    return _NUMBER.fullmatch(text) is not None
