"""The clients in clients/: their size, and their types, which are generated from the structs of the events."""

import gzip
import shutil
from pathlib import Path

import pytest

from analytics_pipeline import client_types
from tests.clients import npm
from tests.clients.copies import CLIENTS, run

JAVASCRIPT = client_types.CLIENTS / "javascript"
MAX_BYTES = 5_000


@pytest.mark.parametrize("path", client_types.files(), ids=lambda path: path.name)
def test_the_types_are_those_of_the_events(path: Path) -> None:
    assert path.read_text() == client_types.files()[path], "run `python -m analytics_pipeline.vocabulary`"


def test_the_javascript_module_is_small_and_imports_nothing() -> None:
    module = (JAVASCRIPT / "vitrine-events.js").read_bytes()

    assert len(gzip.compress(module, compresslevel=9)) <= MAX_BYTES
    assert b"import" not in module


@pytest.mark.node
def test_the_compiler_knows_the_types_of_the_events(tmp_path: Path) -> None:
    for path in [*JAVASCRIPT.glob("*.d.ts"), CLIENTS / "events" / "example.ts"]:
        shutil.copy(path, tmp_path)
    compiler = npm.installed(CLIENTS / "typescript") / "node_modules" / ".bin" / "tsc"
    options = ("--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom")

    run(
        tmp_path, str(compiler), *options, "--moduleResolution", "bundler", "--module", "es2022", "example.ts"
    )
