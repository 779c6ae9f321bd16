"""The fields of each schema version; changing them requires a new version."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tantivy import Index

from indexing.document import ProductDocument
from indexing.elasticsearch.mapping import definition
from indexing.elasticsearch.mapping import indexed as indexed_in_elasticsearch
from indexing.errors import FieldNotIndexed, UnsupportedSchema
from indexing.schema import ALL_FIELDS, CURRENT, EARLIER, VERSION, IndexSchema, schema_of
from indexing.tantivy.schema import build_schema
from tests.indexing.builders import NOW
from tests.indexing.schemas import FOLDER, frozen, lamp

RAISE_VERSION = (
    "the fields changed: raise indexing.schema.VERSION if a release has it, and freeze the version"
)


def known_of(stored: Any, known: Any) -> Any:
    """Return what a release that wrote `known` reads of `stored`: it ignores fields that were added later."""
    if isinstance(known, dict):
        return {name: known_of(stored[name], value) for name, value in known.items()}
    if isinstance(known, list):
        return [known_of(one, value) for one, value in zip(stored, known, strict=True)]
    return stored


def test_the_current_schema_equals_its_frozen_version(tmp_path: Path) -> None:
    described = definition(created_at=NOW)
    assert described["mappings"].pop("_meta") == {
        "version": VERSION,
        "created_at": NOW.isoformat(),
        "language": "english",
    }
    assert described == frozen(f"elasticsearch-{VERSION}"), RAISE_VERSION

    Index(build_schema(), str(tmp_path))
    fields = json.loads((tmp_path / "meta.json").read_text())["schema"]
    assert fields == frozen(f"tantivy-{VERSION}"), RAISE_VERSION


@pytest.mark.parametrize("schema", [*EARLIER, CURRENT], ids=lambda schema: f"version {schema.version}")
def test_a_document_is_written_as_in_the_release_of_its_schema_version(schema: IndexSchema) -> None:
    expected = frozen(f"document-{schema.version}")

    written = json.loads(json.dumps(indexed_in_elasticsearch(lamp(), schema=schema)))

    stored, expected_source = written.pop("document"), expected.pop("document")
    assert written == expected
    assert known_of(stored, expected_source) == expected_source


@pytest.mark.parametrize("schema", EARLIER, ids=lambda schema: f"version {schema.version}")
def test_documents_of_earlier_versions_can_be_read(schema: IndexSchema) -> None:
    stored = frozen(f"document-{schema.version}")["document"]

    assert msgspec.convert(stored, ProductDocument) == lamp()


@pytest.mark.parametrize("schema", EARLIER, ids=lambda schema: f"version {schema.version}")
def test_earlier_releases_can_read_documents_of_this_one(schema: IndexSchema) -> None:
    known = frozen(f"document-{schema.version}")["document"]

    stored = msgspec.json.decode(msgspec.json.encode(lamp()))

    assert known_of(stored, known) == known


def test_every_field_of_the_frozen_versions_is_declared() -> None:
    for schema in (*EARLIER, CURRENT):
        properties = frozen(f"elasticsearch-{schema.version}")["mappings"]["properties"]
        assert {each.name for each in schema.fields} == properties.keys() - {"variants", "document"}


def test_field_names_are_unique_and_each_version_has_one_field_per_property() -> None:
    names = [each.name for each in ALL_FIELDS]
    assert len(names) == len(set(names))
    for schema in (*EARLIER, CURRENT):
        properties = [each.property for each in schema.fields]
        assert len(properties) == len(set(properties))


@pytest.mark.parametrize(
    ("version", "remedy"),
    [(0, "Build a new one"), (VERSION + 1, "newer release"), (None, "Build"), ("2", "Build")],
)
def test_unsupported_versions_are_refused_with_the_command_to_run(version: object, remedy: str) -> None:
    with pytest.raises(
        UnsupportedSchema, match=f"serves versions {EARLIER[0].version} to {VERSION}"
    ) as error:
        schema_of("products-1", version)

    assert remedy in error.value.remedy
    assert "rebuild_index" in error.value.remedy


def test_a_search_on_a_field_that_the_version_lacks_is_refused() -> None:
    assert not CURRENT.has("weight_in_grams")

    with pytest.raises(FieldNotIndexed, match="no field weight_in_grams") as error:
        CURRENT.field("weight_in_grams")
    assert "rebuild_index" in error.value.remedy


def test_only_supported_versions_are_frozen() -> None:
    versions = {int(path.stem.rpartition("-")[2]) for path in FOLDER.glob("*.json")}

    assert versions == {*(schema.version for schema in EARLIER), VERSION}
