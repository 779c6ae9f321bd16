"""A test whose requirement is missing is skipped with a remedy, or fails if the requirement is mandatory."""

from pathlib import Path

import pytest

from tests.services import requirements
from tests.services.requirements import NEEDS, Library, Package, Programs, Variable


def test_programs_are_found_only_when_all_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("node", "npm"):
        assert NEEDS["node"].found() is None
        (tmp_path / name).touch(mode=0o755)

    assert NEEDS["node"].found() == str(tmp_path / "node")


def test_a_library_that_is_not_installed_is_not_found() -> None:
    assert Library("a library", "no-such-library", "install it").found() is None


def test_a_package_is_found_only_with_the_programs_that_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    need = Package("JSON", "json", "install it", ("java",))
    assert need.found() is None
    (tmp_path / "java").touch(mode=0o755)

    assert need.found() == "json"
    assert Package("nothing", "no_such_package", "install it").found() is None


@pytest.mark.parametrize(
    ("need", "remedy"),
    [
        (NEEDS["data"], "set TEST_DATA_DIR"),
        (NEEDS["java"], "install java and mvn"),
    ],
)
def test_a_missing_requirement_is_reported_with_its_remedy(
    need: Variable | Programs, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = next(name for name, other in NEEDS.items() if other is need)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("TEST_DATA_DIR", raising=False)
    monkeypatch.setenv("VITRINE_REQUIRE_SERVICES", "none")

    with pytest.raises(pytest.skip.Exception, match=remedy) as skipped:
        requirements.require(name)
    assert requirements.missing_in(str(skipped.value)) == name

    monkeypatch.setenv("VITRINE_REQUIRE_SERVICES", f"elasticsearch,{name}")
    with pytest.raises(pytest.fail.Exception, match=remedy):
        requirements.require(name)
