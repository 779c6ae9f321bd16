"""The Docker image has no generated shop and no converters of data sets, and its commands say so."""

import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
COPIED = re.compile(r"^COPY (?!--)(\S+) (\S+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the second stage of the Dockerfile copies into its working directory."""
    folder = tmp_path_factory.mktemp("image")
    _, stage = (ROOT / "deploy" / "Dockerfile").read_text().split("\nFROM ")
    for source, target in COPIED.findall(stage):
        path = folder / target
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, path, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, path / Path(source).name if target.endswith("/") else _made(path))
    return folder


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def manage(image: Path, *arguments: str) -> tuple[int, str]:
    """Run manage.py there; return its exit code and what it wrote."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO"))}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=image,
        env={**environ, "VITRINE_HOME": str(image / "var"), "DATABASE_URL": "sqlite:///:memory:"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_image_starts_without_them(image: Path) -> None:
    code, said = manage(image, "check")

    assert code == 0, said
    assert not (image / "demo").exists()
    assert not (image / "datasets").exists()


@pytest.mark.parametrize("command", [["populate_data", "--products", "100", "--no-wait"], ["demo"]])
def test_the_generated_shop_is_said_to_be_absent_in_one_line(image: Path, command: list[str]) -> None:
    code, said = manage(image, *command)

    assert code == 1
    assert said.startswith("CommandError: the generated shop is not part of this installation")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "name"), [("import_catalog", "amazon-in"), ("import_orders", "online-retail")]
)
def test_a_format_that_needs_a_converter_is_said_to_be_absent(image: Path, command: str, name: str) -> None:
    code, said = manage(image, command, "--format", name, "products.csv")

    assert code == 2
    assert f"the format {name} is not part of this installation" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("package", ["demo", "datasets"])
def test_the_build_context_excludes_them(package: str) -> None:
    lines = (ROOT / ".dockerignore").read_text().split()
    excluded = False
    for line in lines:
        if fnmatch(package, line.removeprefix("!")):
            excluded = not line.startswith("!")

    assert excluded
