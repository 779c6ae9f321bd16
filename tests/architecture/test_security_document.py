"""docs/security.md lists every requirement of the ASVS 4.0.3, level 1, with evidence that exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
REFERENCE = re.compile(r"`([a-z.][\w./-]*/[\w./-]+|[\w-]+\.(?:toml|md))(?:::(\w+))?`")
STATES = {"met", "partly", "not met", "not applicable", "operator"}
# The numbers of the requirements that level 1 marks, by section.
LEVEL_1 = {
    "2.1": range(1, 13),
    "2.2": range(1, 4),
    "2.3": [1],
    "2.5": range(1, 7),
    "2.7": range(1, 5),
    "2.8": [1],
    "3.1": [1],
    "3.2": range(1, 4),
    "3.3": [1, 2],
    "3.4": range(1, 6),
    "3.7": [1],
    "4.1": [1, 2, 3, 5],
    "4.2": [1, 2],
    "4.3": [1, 2],
    "5.1": range(1, 6),
    "5.2": range(1, 9),
    "5.3": range(1, 11),
    "5.5": range(1, 5),
    "6.2": [1],
    "7.1": [1, 2],
    "7.4": [1],
    "8.2": range(1, 4),
    "8.3": range(1, 5),
    "9.1": range(1, 4),
    "10.3": range(1, 4),
    "11.1": range(1, 6),
    "12.1": [1],
    "12.3": range(1, 6),
    "12.4": [1, 2],
    "12.5": [1, 2],
    "12.6": [1],
    "13.1": [1, 3],
    "13.2": range(1, 4),
    "13.3": [1],
    "14.2": range(1, 4),
    "14.3": [2, 3],
    "14.4": range(1, 8),
    "14.5": range(1, 4),
}
NUMBERS = [f"{section}.{number}" for section, numbers in LEVEL_1.items() for number in numbers]


def rows() -> list[tuple[str, ...]]:
    return ROW.findall((ROOT / "docs/security.md").read_text())


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def exists(path: str, function: str) -> bool:
    found = ROOT / path
    return found.exists() and (not function or function in functions_of(found))


def test_every_requirement_is_listed_once_and_in_order() -> None:
    assert len(NUMBERS) == 128
    assert [row[0] for row in rows()] == NUMBERS


def test_every_requirement_has_a_state_with_evidence_or_a_reason() -> None:
    for number, _, state, how, evidence in rows():
        assert state in STATES, number
        assert (REFERENCE.search(evidence) is not None) or state != "met", number
        assert how.strip() or state == "met", number


@pytest.mark.parametrize("page", ["docs/security.md", "docs/threat-model.md", "SECURITY.md"])
def test_every_file_and_test_that_is_named_exists(page: str) -> None:
    named = REFERENCE.findall((ROOT / page).read_text())
    assert [f"{path}::{function}" for path, function in named if not exists(path, function)] == []
