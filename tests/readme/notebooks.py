"""Runs the notebooks in one kernel: starting one and importing pandas takes most of the time.

`python -m tests.readme.notebooks` prints as JSON what `execute` returns for each of them. It is a program of
its own, because the client of a kernel leaves sockets and an event loop open.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from tests.services.shop import ROOT

FOLDER = ROOT / "notebooks"
_SECONDS = 240


def notebooks() -> dict[str, Any]:
    """Return the notebooks by name, in their order."""
    return {path.stem: nbformat.read(path, as_version=4) for path in sorted(FOLDER.glob("*.ipynb"))}


def executed(environ: Mapping[str, str]) -> dict[str, tuple[str, str, int]]:
    """Run all notebooks with these variables in another process; return what `execute` returns, by name."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.readme.notebooks"],
        cwd=ROOT,
        env={**environ, "PYTHONPATH": str(ROOT)},
        # The tests' modules change the variables of their process.
        input=json.dumps(dict(environ)),
        capture_output=True,
        text=True,
        timeout=_SECONDS * 2,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: tuple(found) for name, found in json.loads(done.stdout).items()}


@contextmanager
def running_kernel(environ: Mapping[str, str]) -> Iterator[KernelManager]:
    """Run a kernel in the folder of the notebooks, with the path that `make notebooks` sets."""
    with tempfile.TemporaryDirectory() as folder:
        manager = KernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/kernel")
        manager.start_kernel(cwd=str(FOLDER), env={**environ, "PYTHONPATH": str(ROOT)})
        try:
            yield manager
        finally:
            manager.shutdown_kernel(now=True)


def execute(notebook: Any, *, kernel: KernelManager) -> tuple[str, str, int]:
    """Run all cells; return what they print, what they write to standard error, and the number of charts.

    A cell that fails raises nbclient's CellExecutionError. Variables of the notebook before are removed first.
    """
    notebook.cells.insert(0, nbformat.v4.new_code_cell("%reset -f"))
    NotebookClient(notebook, km=kernel, timeout=_SECONDS).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    texts = {"stdout": "", "stderr": ""}
    for output in outputs:
        if output.output_type == "stream":
            texts[output.name] += output.text
    charts = sum("image/png" in output.get("data", {}) for output in outputs)
    return texts["stdout"], texts["stderr"], charts


if __name__ == "__main__":
    with running_kernel(json.load(sys.stdin)) as kernel:
        print(json.dumps({name: execute(each, kernel=kernel) for name, each in notebooks().items()}))
