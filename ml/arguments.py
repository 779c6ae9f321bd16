"""Types of command-line arguments that several commands share."""

import argparse
import json


def positive(text: str) -> int:
    """Return a whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 1")
    return int(text)


def assignment(text: str) -> tuple[str, object]:
    """Return the name and the JSON value of `NAME=VALUE`."""
    name, equals, value = text.partition("=")
    try:
        if equals:
            return name, json.loads(value)
    except json.JSONDecodeError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r}: expected NAME=VALUE with a number or null as VALUE")
