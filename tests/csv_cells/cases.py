"""The cases of `cases.json`, for all tests of code that reads or writes CSV files."""

import json
from pathlib import Path

CELLS = [
    (case["text"], case["cell"]) for case in json.loads((Path(__file__).parent / "cases.json").read_text())
]
"""Pairs of a text and the cell that is written for it."""
