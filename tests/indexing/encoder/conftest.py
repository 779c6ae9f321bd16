"""A copy of the tiny encoder for each test that changes it."""

from pathlib import Path

import pytest


@pytest.fixture
def folder(tiny_encoder_files: Path, tmp_path: Path) -> Path:
    """A copy of the tiny encoder, which a test may change."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in tiny_encoder_files.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    return copy
