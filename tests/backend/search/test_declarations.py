"""Filters and facets are declared once; engines, parameters, serializers and OpenAPI read the declarations."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

import backend.search
import indexing
from backend.search.parameters import PARAMETERS, SearchParameters
from backend.search.serializers import SHAPES, FacetsSerializer
from indexing.facets import FACETS, FacetShape
from indexing.filters import FILTERS, FilterDeclaration, FilterKind, Filters, declarations, flag
from indexing.schema import CURRENT

ENGINES = Path(indexing.__file__).parent
SEARCH = Path(backend.search.__file__).parent
READERS = sorted(
    [
        *(ENGINES / "elasticsearch").glob("*.py"),
        *(ENGINES / "tantivy").glob("*.py"),
        SEARCH / "parameters.py",
        SEARCH / "views.py",
    ]
)
# The engines name these two filters, because one and the same variant must match both.
OF_VARIANTS = {"in_stock", "attributes"}
# Prices depend on a currency, of which the shop has a default.
CURRENCY = {"currency", "currencies"}
# The parameter `category` is resolved to tokens of categories before the search.
RESOLVED = {"category", "category_tokens"}
NO_PARAMETER = {FilterKind.ATTRIBUTES, FilterKind.TOKENS}


@pytest.fixture(scope="module")
def operation() -> dict[str, Any]:
    """The OpenAPI description of the search."""
    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]
    described: dict[str, Any] = generator.get_schema(request=None, public=True)
    found: dict[str, Any] = described["paths"]["/api/search/"]["get"]
    return found | {"components": described["components"]["schemas"]}


@pytest.mark.parametrize("declared", FILTERS, ids=lambda declared: declared.name)
def test_a_declared_filter_is_indexed_and_a_documented_parameter(
    declared: FilterDeclaration, operation: dict[str, Any]
) -> None:
    if declared.kind in NO_PARAMETER:
        return
    assert CURRENT.has(declared.field)
    documented = {each["name"]: each for each in operation["parameters"]}[declared.parameter]
    assert documented["description"] == declared.help_text != ""
    assert SearchParameters().fields[declared.parameter].help_text == declared.help_text


def test_the_serializer_and_the_openapi_document_have_the_declared_facets(operation: dict[str, Any]) -> None:
    names = {declared.name for declared in FACETS}

    assert set(FacetsSerializer().fields) == names
    assert set(operation["components"]["Facets"]["properties"]) == names
    assert set(SHAPES) == set(FacetShape)
    assert set(PARAMETERS) == set(FilterKind) - NO_PARAMETER


def test_a_facet_is_narrowed_only_by_declared_filters() -> None:
    declared = {each.name for each in FILTERS}

    assert {name for facet in FACETS for name in facet.narrowed_by} <= declared


@pytest.mark.parametrize("path", READERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_only_the_declaration_contains_the_name_of_a_filter(path: Path) -> None:
    declared = {each.name for each in FILTERS} | {each.name for each in FACETS}

    assert (
        not {name for name in _names(path) if name in declared}
        - OF_VARIANTS
        - CURRENCY
        - (RESOLVED if path.parent == SEARCH else set())
    )


def test_a_filter_is_declared_in_one_line() -> None:
    @dataclass(frozen=True, kw_only=True)
    class MoreFilters(Filters):
        vegan: bool | None = flag("Whether the product is vegan.", since=4)

    (added,) = declarations(MoreFilters)[len(FILTERS) :]

    assert (added.kind, added.field, added.parameter) == (FilterKind.FLAG, "vegan", "vegan")
    assert PARAMETERS[added.kind](added).help_text == "Whether the product is vegan."


def _names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)) | ast.Constant(value=str(name)):
                yield name
