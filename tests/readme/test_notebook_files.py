"""The files of the notebooks; `test_commands.py` executes them beside a shop."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.readme.notebooks import FOLDER, notebooks

NOTEBOOKS = notebooks()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_stored_without_outputs(name: str) -> None:
    """Outputs would show a shop's figures to everyone: `jupyter nbconvert --clear-output --inplace FILE`."""
    code = [cell for cell in NOTEBOOKS[name].cells if cell.cell_type == "code"]

    assert [(cell.outputs, cell.execution_count) for cell in code] == [([], None)] * len(code)
    assert set(NOTEBOOKS[name].metadata) == {"kernelspec", "language_info"}
    assert all("attachments" not in cell for cell in NOTEBOOKS[name].cells)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_asks_a_question_answers_it_and_says_where_the_answer_ends(name: str) -> None:
    first, *_ = NOTEBOOKS[name].cells
    assert re.match(r"# .*\n\n\*\*Question: .*\?\*\*", first.source)
    if name != "01_your_first_report":
        headings = [line for line in text(NOTEBOOKS[name]).splitlines() if line.startswith("## ")]
        assert headings[-2:] == ["## What it means", "## Limits"]


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if name != "08_a_retailers_year"])
def test_a_notebook_begins_with_one_line_that_connects(name: str) -> None:
    first = next(cell.source for cell in NOTEBOOKS[name].cells if cell.cell_type == "code")
    assert re.match(r"from analytics_pipeline\.analyst import .*connect\n\nshop = connect\(\)\n", first)


def test_links_of_notebooks_lead_to_files_and_the_first_lists_all() -> None:
    for name, notebook in NOTEBOOKS.items():
        links = re.findall(r"\]\(([^)#]+)[^)]*\)", text(notebook))
        missing = [link for link in links if not link.startswith("http") and not (FOLDER / link).exists()]
        assert missing == [], name
    listed = re.findall(r"\]\(([^)]+)\.ipynb\)", text(NOTEBOOKS["01_your_first_report"]))
    assert listed == [name for name in NOTEBOOKS if name != "01_your_first_report"]


def test_all_files_of_the_folder_are_notebooks_or_their_style() -> None:
    assert {path.suffix for path in Path(FOLDER).iterdir() if path.name != ".ipynb_checkpoints"} == {
        ".ipynb",
        ".mplstyle",
    }


def text(notebook: Any) -> str:
    """Return the notebook's text without its code."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
