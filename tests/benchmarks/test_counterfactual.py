"""The table of how often intervals contain planted values."""

from benchmarks.counterfactual import Setting, table


def test_the_table_has_a_line_for_each_setting() -> None:
    lines = table([Setting(300, 0.5), Setting(300, 0.5, revenue=True)], simulations=4)

    assert len(lines) == 3
    assert lines[0].split()[:4] == ["lists", "shuffled", "reward", "effective"]
    assert lines[1].split()[:3] == ["300", "50%", "clicks"]
    assert all(0 <= float(share.strip("%")) <= 100 for share in lines[2].split()[4:])
