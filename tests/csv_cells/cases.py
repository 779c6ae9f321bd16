"""The cases of `cases.json`, for the tests of everything that writes or reads CSV files."""

import json
from pathlib import Path

CELLS = [
    (case["text"], case["cell"]) for case in json.loads((Path(__file__).parent / "cases.json").read_text())
]
"""Texts, and the cells that are written for them."""
