"""One training at a time."""

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ml.train import main
from ml.training_lock import LOCK, TrainingRuns, training

NOW = datetime(2026, 3, 1, 2, 15, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ml.training_lock import training

with training(Path(sys.argv[1]), now=datetime(2026, 3, 1, 2, 15, tzinfo=UTC)) as step:
    step("measuring item_knn (choice)", 2, 19)
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_training_ends_with_75_and_says_who_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    left = tmp_path / "models" / ".20260301T021500Z-1f3a9c02.abc"
    left.mkdir(parents=True)

    with training(tmp_path / "models", now=NOW) as step:
        step("measuring item_knn (choice)", 2, 19)
        assert main([]) == 75

    error = capsys.readouterr().err
    assert (
        "has been training since 2026-03-01T02:15:00+00:00 (measuring item_knn (choice); 2 of 19 steps are done)"
        in error
    )
    assert left.is_dir(), "only the holder of the lock may delete folders"


def test_a_killed_training_releases_the_lock(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(TrainingRuns, match=f"process {holder.pid} on"), training(tmp_path, now=NOW):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()

    with training(tmp_path, now=NOW):
        pass


@pytest.mark.parametrize("text", ["", "[1]", "{"])
def test_a_lock_file_that_is_being_written_is_no_obstacle(tmp_path: Path, text: str) -> None:
    with training(tmp_path, now=NOW):
        (tmp_path / LOCK).write_text(text)
        with pytest.raises(TrainingRuns, match="an unknown time"), training(tmp_path, now=NOW):
            pass
