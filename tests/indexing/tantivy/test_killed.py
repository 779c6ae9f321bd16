"""A process is killed while it writes."""

import subprocess
import sys
from pathlib import Path

from indexing.engine import PutDocument
from indexing.tantivy.engine import TantivyEngine
from tests.indexing.builders import NOW, product

ROOT = Path(__file__).parents[3]
COMMITTED = 12


def test_a_killed_writer_loses_no_commit_and_leaves_no_lock(folder: TantivyEngine, tmp_path: Path) -> None:
    generation = folder.create(now=NOW).name
    arguments = [sys.executable, "-m", "tests.indexing.tantivy.endless_writer", str(tmp_path), generation]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        committed = [int(next(writer.stdout)) for _ in range(COMMITTED)]
        writer.kill()
        committed += [int(line) for line in writer.stdout]

    assert folder.stored(generation, committed).keys() == set(committed)
    written = folder.write(generation, [PutDocument(product(number), 2) for number in committed], now=NOW)
    assert written.applied == len(committed)
