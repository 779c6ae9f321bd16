"""The distribution of tests to workers goes on after a test ended the process of its worker."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFTEST = """
from tests.services.scheduling import scheduling

def pytest_xdist_make_scheduler(config, log):
    return scheduling(config, log)
"""
PASSES = "import pytest\n@pytest.mark.parametrize('number', range(4))\ndef test_it(number): pass\n"
ENDS = "import os\ndef test_first(): pass\ndef test_it(): os._exit(3)\ndef test_last(): pass\n"


@pytest.mark.parametrize("ending", [["b"], ["e"], ["b", "d"]], ids="-".join)
def test_all_other_tests_run_after_a_worker_ended(tmp_path: Path, ending: list[str]) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for name in "abcde":
        (tmp_path / f"test_{name}.py").write_text(ENDS if name in ending else PASSES)

    options = (
        "-n",
        "2",
        "--dist",
        "loadscope",
        "--no-loadscope-reorder",
        "-p",
        "no:django",
        "-p",
        "no:schemathesis",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options, str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    passed = 4 * (5 - len(ending)) + 2 * len(ending)
    assert re.search(rf"{len(ending)} failed, {passed} passed", done.stdout), done.stdout + done.stderr
    for name in ending:
        assert f"test_{name}.py::test_it" in done.stdout
