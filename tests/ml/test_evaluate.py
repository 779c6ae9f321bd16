"""The evaluation command and the files that it reads."""

import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import IO

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from ml import evaluate as evaluate_module
from ml import evaluate_baskets, evaluate_sessions, evaluation_command
from ml.dataset import Interactions
from ml.evaluate import NoTestUsers, evaluate, main
from ml.models.library import create
from ml.text_files import UnreadableInteractions, read_interactions
from ml.top import rank
from tests.ml.planted import planted_data

Files = tuple[Path, Path]


def lines(pairs: Interactions) -> str:
    rows = pairs.matrix.tolil().rows
    return "".join(
        f"{user} {' '.join(map(str, row))}\n" for user, row in zip(pairs.users.values, rows, strict=True)
    )


@pytest.fixture
def files(tmp_path: Path) -> Files:
    data = planted_data()
    train, test = tmp_path / "train.txt", tmp_path / "test.txt"
    train.write_text(lines(data.train))
    test.write_text(lines(data.test))
    return train, test


def test_the_command_prints_the_metrics_of_the_library(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    train, test = (read_interactions(path) for path in files)
    expected = evaluate(create("item_knn").fit(train), train=train, test=test, k=10)

    code = main(["--train", str(files[0]), "--test", str(files[1]), "--model", "item_knn", "--k", "10"])

    printed = capsys.readouterr().out
    assert code == 0
    assert f"Recall@10    {expected.recall:.4f}\n" in printed
    assert f"NDCG@10      {expected.ndcg:.4f}\n" in printed
    assert "warning" not in printed


def test_test_pairs_that_are_in_the_training_file_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train, test = tmp_path / "train.txt", tmp_path / "test.txt"
    train.write_text("ann 1 2\nbert 2 3\n")
    test.write_text("ann 2 3\nbert 1 3\ncarl 1\n")

    assert main(["--train", str(train), "--test", str(test), "--model", "popularity", "--k", "1"]) == 0

    assert "warning      2 of 5 test pairs are in the training file, too" in capsys.readouterr().out


def test_a_parameter_can_be_set(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--train", str(files[0]), "--test", str(files[1]), "--model", "item_knn"]

    assert main([*arguments, "--set", "neighbours=1"]) == 0

    assert '"neighbours": 1' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "itemknn"], "there is no model 'itemknn'; the models are: als, best, blend"),
        (["--model", "content"], "needs a catalogue"),
        (["--model", "item_knn", "--set", "color=3"], "does not accept this color"),
        (
            ["--model", "item_knn", "--set", 'neighbours="all"'],
            "does not accept this neighbours; Expected `int | null`",
        ),
        (["--model", "item_knn", "--set", "shrinkage=[1]"], "Expected `float`"),
        (
            ["--model", "als", "--set", "factors=0"],
            "does not accept this factors; Expected `int` >= 1, not 0",
        ),
        (["--model", "als", "--set", "alpha=NaN"], "this alpha; expected a finite number, not nan"),
        (["--model", "local_ridge", "--set", "ridge=0"], "does not accept this ridge; Expected `float` > 0"),
        (["--model", "weighted_ease", "--set", "ridge=-1"], "this ridge; Expected `float` > 0"),
        (["--model", "weighted_ease", "--set", "memory_mb=-5"], "this memory_mb; Expected `int` >= 1"),
        (["--model", "best", "--set", "validation_share=1"], "this validation_share; Expected `float` < 1"),
        (["--model", "blend", "--set", "shares=[1,-1]"], "this shares; Expected `float` >= 0"),
        (["--model", "blend", "--set", "members=3"], "does not accept this members"),
        (["--model", "blend", "--set", 'members=[{"factors": 3}]'], "there is no model ''"),
        (["--model", "blend", "--set", "shares=[1]"], "one share for each member, not 1 for 2"),
    ],
)
def test_an_invalid_argument_is_reported_in_one_line(
    files: Files, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    code = main(["--train", str(files[0]), "--test", str(files[1]), *arguments])

    error = capsys.readouterr().err
    assert code == 1
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("command", [evaluate_module, evaluate_baskets, evaluate_sessions])
@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("VITRINE_ML_THREADS", "it has to be a whole number from 1"),
        ("VITRINE_ML_PLUGINS", "it must be module names separated by commas"),
    ],
)
def test_each_command_refuses_unusable_settings(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: ModuleType,
    variable: str,
    message: str,
) -> None:
    monkeypatch.setenv(variable, "0")
    model = ["--model", "item_knn"] if command is evaluate_module else []

    assert command.main(["--train", "a", "--test", "b", *model]) == 1

    assert capsys.readouterr().err == f"{command.COMMAND}: {variable}='0' can't be used: {message}\n"


def test_an_evaluation_uses_the_allowed_number_of_threads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VITRINE_ML_THREADS", "1")

    assert evaluation_command.run("x", lambda _: {str(one["num_threads"]) for one in threadpool_info()}) == 0

    assert capsys.readouterr().out == "1\n"


def test_files_without_a_common_user_are_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train, test = tmp_path / "a.txt", tmp_path / "b.txt"
    train.write_text("1 5 6\n")
    test.write_text("2 5\n")

    assert main(["--train", str(train), "--test", str(test), "--model", "popularity"]) == 1

    assert "none of the 1 users" in capsys.readouterr().err


def test_items_of_the_history_are_not_recommended() -> None:
    data = planted_data()

    ranked, _ = rank(create("popularity").fit(data.train), data.train.matrix, k=20)

    histories = data.train.matrix.toarray()
    assert not any(histories[user, item] for user, row in enumerate(ranked) for item in row)


def test_only_allowed_items_are_ranked() -> None:
    data = planted_data()
    allowed = np.zeros(data.train.matrix.shape[1], dtype=bool)
    allowed[:3] = True

    ranked, _ = rank(create("popularity").fit(data.train), data.train.matrix, k=5, allowed=allowed)

    assert set(np.unique(ranked)) <= {-1, 0, 1, 2}


@pytest.mark.parametrize(("suffix", "opener"), [(".txt", open), (".gz", gzip.open), (".xz", lzma.open)])
def test_files_are_read_plain_and_compressed(
    tmp_path: Path, suffix: str, opener: Callable[..., IO[str]]
) -> None:
    path = tmp_path / f"pairs{suffix}"
    with opener(path, "wt") as file:
        file.write("7 1 2 2\n\n8\n9 1\n7 3\n")

    pairs = read_interactions(path)

    assert pairs.users.values.tolist() == ["7", "9"]
    np.testing.assert_allclose(pairs.matrix.toarray(), [[1, 1, 1], [1, 0, 0]])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", "no line has a user followed by an item"),
        ("a.csv", b"user,item\n1,2\n", "no line has a user followed by an item"),
        ("a.txt", b"1 2\n\xff\xfe\x00 3\n", "not text"),
        ("a.xz", b"1 2\n", "ended before"),
        ("a.gz", b"1 2\n", "gzip"),
    ],
)
def test_an_unreadable_file_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(UnreadableInteractions, match=reason):
        read_interactions(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInteractions, match=r"nowhere\.txt: No such file"):
        read_interactions(tmp_path / "nowhere.txt")


def test_an_evaluation_without_common_users_is_refused() -> None:
    data = planted_data(users=20)
    unknown_users = type(data.test)(type(data.test.users).of([900]), data.test.items, data.test.matrix[:1])

    with pytest.raises(NoTestUsers):
        evaluate(create("popularity").fit(data.train), train=data.train, test=unknown_users, k=5)
