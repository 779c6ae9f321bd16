"""Every error has a unique code and documents its details."""

import ast
import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import backend
from backend.api.error_handling import BAD_REQUEST, FRAMEWORK_ERRORS, INTERNAL_ERROR
from backend.api.error_reference import error_classes, error_reference
from backend.api.errors import DomainError, InvalidInput

ROOT = Path(__file__).resolve().parents[3]
ENTRY_POINTS = {"backend.config.asgi"}
# Codes of errors for which both the framework and this project have a class.
SHARED = {"not_found", "body_too_large"}


@cache
def modules() -> tuple[ModuleType, ...]:
    names = [module.name for module in pkgutil.walk_packages(backend.__path__, "backend.")]
    return tuple(
        importlib.import_module(name)
        for name in names
        if ".migrations" not in name and name not in ENTRY_POINTS
    )


def _is_listed(error: type[DomainError]) -> bool:
    return error.__module__.endswith(".errors")


def test_every_code_identifies_one_error() -> None:
    assert modules()
    counted = Counter(error.code for error in error_classes())
    framework = {kind.code for kind in (*FRAMEWORK_ERRORS.values(), BAD_REQUEST, INTERNAL_ERROR)}
    assert [code for code, count in counted.items() if count > 1] == []
    assert framework & counted.keys() == SHARED


def test_every_error_of_the_api_has_a_hint() -> None:
    assert modules()
    assert [error.__name__ for error in error_classes() if _is_listed(error) and not error.hint] == []


def test_a_subclass_without_its_own_code_is_refused() -> None:
    with pytest.raises(TypeError, match="must declare its own `code`"):
        type("Unnamed", (InvalidInput,), {})


def raised_details() -> Iterator[tuple[str, type[DomainError], str]]:
    """Yield the place, the class and one key of the details of each error that is raised."""
    for module in modules():
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            error = getattr(module, node.func.id, None)
            if isinstance(error, type) and issubclass(error, DomainError):
                for keyword in node.keywords:
                    if keyword.arg is not None:
                        yield f"{module.__name__}:{node.lineno}", error, keyword.arg


def test_details_only_have_documented_keys() -> None:
    found = list(raised_details())
    undocumented = [
        (place, error.__name__, key)
        for place, error, key in found
        if error is not InvalidInput and key not in error.details_keys
    ]
    assert len(found) > 20
    assert undocumented == []


def test_the_error_reference_is_up_to_date() -> None:
    written = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert written == error_reference(), "run manage.py document_errors"
