"""What a training is expected to need, and what is refused."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ml import needs
from ml.needs import NotEnoughMemory, of_size

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("place", range(3))
def test_more_data_need_more(place: int) -> None:
    size = [10_000, 1_000, 500]
    larger = [count * (10 if index == place else 1) for index, count in enumerate(size)]

    one, other = (of_size(*counts, measurements=15) for counts in (size, larger))

    assert other.megabytes > one.megabytes
    assert other.seconds > one.seconds


def test_a_training_is_refused_only_if_the_least_that_it_needs_is_not_available() -> None:
    found = of_size(1_000_000, 100_000, 20_000, measurements=15)
    least = int(found.least_megabytes)

    needs.check(found, limit_mb=least + 1)
    with pytest.raises(NotEnoughMemory, match=f"but {least - 1:,} MB are available") as raised:
        needs.check(found, limit_mb=least - 1)

    assert "1,000,000 interactions of 100,000 shoppers, 20,000 products and 15 measurements" in str(
        raised.value
    )
    assert "VITRINE_ML_MEMORY_MB" in str(raised.value)


@pytest.mark.parametrize(
    ("meminfo", "limit", "used", "free"),
    [
        ("MemTotal: 9000 kB\nMemAvailable: 1000000 kB\n", "max", "5", 1_024.0),
        ("MemTotal: 9000 kB\nMemAvailable: 1000000 kB\n", "600000000", "100000000", 500.0),
        ("MemTotal: 9000 kB\n", "600000000", "100000000", 500.0),
        ("MemTotal: 9000 kB\n", "max", "5", None),
    ],
    ids=["machine", "container", "container only", "unknown"],
)
def test_the_memory_is_that_of_the_machine_or_of_the_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meminfo: str, limit: str, used: str, free: float | None
) -> None:
    for name, text in (("MEMINFO", meminfo), ("CGROUP_LIMIT", f"{limit}\n"), ("CGROUP_USED", f"{used}\n")):
        path = tmp_path / name
        path.write_text(text)
        monkeypatch.setattr(needs, name, path)

    found = needs.available_mb()

    if free is None:
        assert found is None
        needs.check(of_size(10**9, 10**8, 10**7, measurements=15), limit_mb=None)
    else:
        assert found is not None
        assert free < found < free + 10_000, "with what this process has"


def test_a_training_uses_about_what_is_expected() -> None:
    size = (20_000, 2_000, 800)
    command = [sys.executable, "-m", "benchmarks.training", "--one", *map(str, size)]

    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)

    found = of_size(*size, measurements=15)
    assert found.least_megabytes <= json.loads(done.stdout)["mb"] <= found.megabytes * needs.MEMORY_ERROR
