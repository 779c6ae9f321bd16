"""The comparison of our models with the library implicit."""

from pathlib import Path

import pytest

from benchmarks.models import main


def test_every_model_is_measured_beside_its_baseline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("".join(f"{user} {user % 7 + 1} {user % 5 + 8}\n" for user in range(60)))

    assert main([str(pairs), "--rounds", "1"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("60 users, 12 items, 120 pairs; 1 round")
    assert [line[:16].strip() for line in lines[2:]] == [
        "item_knn",
        "implicit cosine",
        "ratio",
        "als",
        "implicit als",
        "ratio",
    ]
    assert all(float(line.split()[-1]) > 0 for line in lines[2:])


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.txt")]) == 1
    assert "none.txt" in capsys.readouterr().err
