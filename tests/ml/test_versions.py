"""The command that lists and compares versions."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ml import gates
from ml.lists import Lists
from ml.registry import Registry, Version
from ml.train import train
from ml.training_data import TrainingData
from ml.versions import main
from tests.ml.planted import planted_catalogue
from tests.ml.planted_log import PRODUCTS, planted_log

NOW = datetime(2026, 3, 1, 2, 15, tzinfo=UTC)
PASSED = [gates.enough_users(120), gates.budgets(1_000, subjects=3)]


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    return Registry(tmp_path / "models")


def lists(rows: Mapping[str, Sequence[int]]) -> Lists:
    products = np.zeros((len(rows), 12), np.int64)
    for place, row in enumerate(rows.values()):
        products[place, : len(row)] = row
    return Lists(np.array(list(rows)), products, np.ones(products.shape, np.float32), np.zeros_like(products))


def register(
    registry: Registry, *, day: int, rows: Mapping[str, Sequence[int]], more: Sequence[str] = (), **facts: Any
) -> str:
    kinds = {"product.hybrid": lists(rows)} | {name: lists({"a": [1]}) for name in more}
    defaults = {
        "fingerprint": f"{day}f3a9c02ffff",
        "as_of": (NOW + timedelta(days=day)).isoformat(),
        "rows": 1_000 * day,
        "products": 30,
        "split_at": "2026-02-01T00:00:00Z",
        "tested": {"person": {"metrics": {"ndcg@20": day / 10, "users": 1_200}}},
        "verdicts": msgspec.to_builtins(PASSED),
    }
    made_by = dict.fromkeys(kinds, "item_knn")
    now = NOW + timedelta(days=day)
    return registry.register(lists=kinds, made_by=made_by, facts=defaults | facts, now=now).id


def test_the_list_says_what_each_version_learned_from_and_what_refuses_it(
    registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {"1": [2, 3]}
    names = [
        register(registry, day=1, rows=rows),
        register(registry, day=2, rows=rows, back_test=True),
        register(registry, day=3, rows=rows),
    ]
    (registry.root / names[2] / "manifest.json").write_text("{}")

    assert main(["list"]) == 0

    heading, first, back_test, damaged = capsys.readouterr().out.splitlines()
    assert heading.split()[:2] == ["version", "as"]
    assert first.split()[:5] == [names[0], "2026-03-02", "02:15", "1,000", "30"]
    assert first.endswith("personal lists: none")
    assert back_test.endswith("refused: data_complete")
    assert damaged.split(maxsplit=1) == [names[2], "damaged: manifest.json is not a manifest"]


def test_a_comparison_has_metrics_overlap_and_the_lists_that_differ_most(
    registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    ten = list(range(1, 11))
    first = {"1": [*ten, 11], "2": ten, "3": [1, 2], "4": [5], "6": [1]}
    second = {"4": [6], "1": [*ten, 12], "2": [*ten[1:], 20], "3": [2, 1], "5": [1]}
    one = register(registry, day=1, rows=first, more=["user.hybrid"])
    other = register(registry, day=2, rows=second)

    assert main(["compare", one, other, "--examples", "2"]) == 0

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == [one, other]
    assert ["interactions", "1,000", "2,000"] in lines
    assert ["person", "ndcg@20", "0.1000", "(1,200", "users)", "0.2000", "(1,200", "users)"] in lines
    assert any(line[:6] == ["The", "metrics", "are", "of", "different", "data,"] for line in lines)
    place = next(place for place, line in enumerate(lines) if line[:1] == ["product.hybrid"])
    # Product 1 has equal first ten, 2 shares nine, 3 two in another order, 4 nothing.
    assert lines[place] == ["product.hybrid", "5", "5", "4", "1", "0.725", "10", "11"]
    assert lines[place + 1] == ["4", "A", "5", "B", "6"]
    assert lines[place + 2][:2] == ["2", "A"]
    assert lines[place + 3] == ["user.hybrid", "only", "in", "A"]


def test_versions_of_the_same_data_are_compared_without_a_remark_and_judged(
    registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {"1": [2, 3]}
    same = {"fingerprint": "aaaaaaaaaa"}
    one = register(registry, day=1, rows=rows, **same)
    values = gates.Ranked(np.linspace(0, 1, 200), 20)
    verdict = gates.not_worse_than_serving(values, values, algorithm="hybrid")
    other = register(
        registry, day=2, rows=rows, **same, judged_against=one, verdicts=[msgspec.to_builtins(verdict)]
    )

    assert main(["compare", one, other]) == 0

    printed = capsys.readouterr().out
    assert "different data" not in printed
    assert f"{other} on the same rows as {one}: not_worse_than_serving (hybrid)" in printed
    assert "(passed)" in printed


def test_an_unknown_or_damaged_version_is_named_in_one_line(
    registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    name = register(registry, day=1, rows={"1": [2]})

    assert main(["compare", name, "2020"]) == 1
    error = capsys.readouterr().err
    assert "no version '2020' is registered" in error
    assert error.count("\n") == 1

    other = register(registry, day=2, rows={"1": [2]})
    (registry.root / other / "product.hybrid.lists").unlink()
    assert main(["compare", name, other]) == 1
    assert "product.hybrid.lists is missing" in capsys.readouterr().err


def test_a_report_is_written_to_a_file_also_without_a_warehouse(
    registry: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLICKHOUSE_URL", "http://127.0.0.1:1/shop")
    version = trained(registry)
    output = tmp_path / "report.html"

    assert main(["report", version.id, "--output", str(output)]) == 0

    printed = capsys.readouterr().out
    assert "products have no titles" in printed
    assert str(output) in printed
    assert f"Model version {version.id}" in output.read_text()
    assert main(["report", version.id, "--output", str(tmp_path / "no" / "folder")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def trained(registry: Registry) -> Version:
    log = planted_log(users=40)
    return train(TrainingData(log, planted_catalogue(PRODUCTS), NOW, log), registry=registry, now=NOW)


def test_a_card_says_what_personal_data_a_version_has_and_how_it_was_judged(
    registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    version = trained(registry)

    assert main(["card", version.id]) == 0

    printed = capsys.readouterr().out
    assert printed.startswith(f"# Model card: version {version.id}\n")
    headings = [line.removeprefix("## ") for line in printed.splitlines() if line.startswith("## ")]
    assert headings == [
        "Intended use",
        "Models",
        "Training data",
        "Metrics",
        "Gates",
        "Drift",
        "Limits",
        "Personal data and ethics",
        "Environment",
    ]
    verdicts = gates.stored_verdicts(version.manifest)
    assert verdicts
    assert all(str(verdict) in printed for verdict in verdicts)
    count = version.manifest["lists"]["user.content_based"]["subjects"]
    assert f"{count:,} in `user.content_based`" in printed
    assert "Erasing a shopper" in printed
    assert not [key for key in version.lists("user.content_based").subjects if f" {key} " in printed]


@pytest.mark.parametrize(
    ("trust", "expected"),
    [
        ({"is_young_shop": True, "limits": {"young_weight": 0.0}}, "The shop was young"),
        ({"is_young_shop": False, "limits": {"young_weight": 0.25}}, "had at least 0.25 of the weight"),
    ],
    ids=["young shop", "older shop"],
)
def test_a_card_says_what_the_training_learned_from_shoppers_who_are_not_trusted(
    trust: dict[str, Any], expected: str, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = {"shoppers": 10, "trusted": 4, "rows": {}}
    name = register(registry, day=1, rows={"1": [2]}, chosen={}, trust={**counts, **trust})

    assert main(["card", name]) == 0

    assert expected in " ".join(capsys.readouterr().out.split())


def test_a_card_of_an_earlier_release_says_what_is_missing(
    registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    name = register(registry, day=1, rows={"1": [2]}, chosen={})

    assert main(["card", name]) == 0

    printed = capsys.readouterr().out
    assert "Not recorded: an earlier release" in printed
    assert "Lists of persons in this version: none." in printed
