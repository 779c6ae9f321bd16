"""The Docker image contains neither the generated shop nor the converters of data sets."""

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
            shutil.copy(
                ROOT / source, path / Path(source).name if target.endswith("/") else _with_parent(path)
            )
    return folder


def _with_parent(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def manage(image: Path, *arguments: str) -> tuple[int, str]:
    """Run manage.py in the image's files; return its exit code and output."""
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


def test_the_image_starts_without_the_excluded_packages(image: Path) -> None:
    code, output = manage(image, "check")

    assert code == 0, output
    assert not (image / "demo").exists()
    assert not (image / "datasets").exists()


@pytest.mark.parametrize("command", [["populate_data", "--products", "100", "--no-wait"], ["demo"]])
def test_commands_of_the_generated_shop_report_in_one_line_that_it_is_missing(
    image: Path, command: list[str]
) -> None:
    code, output = manage(image, *command)

    assert code == 1
    assert output.startswith("CommandError: the generated shop is not part of this installation")
    assert output.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "name"), [("import_catalog", "amazon-in"), ("import_orders", "online-retail")]
)
def test_a_format_that_needs_a_converter_is_refused_as_missing(image: Path, command: str, name: str) -> None:
    code, output = manage(image, command, "--format", name, "products.csv")

    assert code == 2
    assert f"the format {name} is not part of this installation" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("package", ["demo", "datasets"])
def test_the_build_context_excludes_the_package(package: str) -> None:
    lines = (ROOT / ".dockerignore").read_text().split()
    excluded = False
    for line in lines:
        if fnmatch(package, line.removeprefix("!")):
            excluded = not line.startswith("!")

    assert excluded
