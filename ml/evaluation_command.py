"""What the commands that evaluate models on files share: their arguments, threads and errors."""

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from threadpoolctl import threadpool_limits

from analytics_pipeline.settings import InvalidSetting
from ml.arguments import assignment, positive
from ml.engines import EngineMissing
from ml.models import CatalogueNeeded, ModelTooLarge
from ml.models.blend import SharesMismatch
from ml.models.library import NameTaken, PluginMissing, UnknownModel
from ml.models.recipe import InvalidParameter
from ml.models.weighted_ease import NotInvertible
from ml.settings import TrainingSettings
from ml.text_files import UnreadableInteractions


class NothingToEvaluate(ValueError):
    """No part of the test data can be predicted from the training data."""


EXPECTED = (
    InvalidSetting,
    UnreadableInteractions,
    UnknownModel,
    InvalidParameter,
    SharesMismatch,
    CatalogueNeeded,
    ModelTooLarge,
    NotInvertible,
    NameTaken,
    PluginMissing,
    NothingToEvaluate,
    EngineMissing,
)


def parser(command: str, *, description: str, train: str, test: str, k: int) -> argparse.ArgumentParser:
    """Return a parser of the shared arguments; `train` and `test` describe the files, `k` is the default."""
    found = argparse.ArgumentParser(prog=f"python -m {command}", description=description)
    found.add_argument("--train", type=Path, required=True, help=f"{train} (.gz, .xz)")
    found.add_argument("--test", type=Path, required=True, help=test)
    found.add_argument("--k", type=positive, default=k, help=f"length of the lists ({k})")
    found.add_argument(
        "--set", type=assignment, action="append", default=[], metavar="NAME=VALUE", help="a model parameter"
    )
    return found


def run(command: str, evaluation: Callable[[TrainingSettings], Iterable[str]]) -> int:
    """Print the lines of an evaluation and return 0, or print an expected error to stderr and return 1.

    Numerical libraries use at most `VITRINE_ML_THREADS` threads.
    """
    try:
        settings = TrainingSettings.from_env()
        with threadpool_limits(settings.threads):
            lines = list(evaluation(settings))
    except EXPECTED as error:
        print(f"{command}: {error}", file=sys.stderr)
        return 1
    print(*lines, sep="\n")
    return 0
