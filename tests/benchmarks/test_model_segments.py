"""The table of metrics by segment, on generated data whose best model is known."""

from pathlib import Path

import pytest

from benchmarks import model_segments
from benchmarks.model_segments import prepared, table
from tests.ml.planted import planted_data


def test_the_table_names_the_best_model_of_each_segment() -> None:
    data = planted_data()

    lines = list(table(prepared(data.train, data.test, users=200), ["popularity", "item_knn"]))

    assert lines[0].startswith("200 of 240 users, 120 items")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[4:]]
    assert [row[0] for row in rows] == list(model_segments.SEGMENTS)
    counts = {row[0]: int(row[1]) for row in rows}
    assert counts["all"] == counts["cold"] + counts["warm"] + counts["heavy"] == 200
    assert {row[4] for row in rows} == {"item_knn"}
    low, high = rows[0][5].split(" … ")
    assert 0 < float(low) < float(high)
    # Popular items alone are never rare ones.
    assert float(rows[4][2].split("/")[0]) < float(rows[5][2].split("/")[0])


def test_the_command_refuses_a_file_without_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("")

    assert model_segments.main(["--pairs", str(path)]) == 1
    assert "no line has a user followed by an item" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        model_segments.main(["--train", str(path)])
