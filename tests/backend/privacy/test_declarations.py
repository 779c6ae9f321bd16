"""Every column with personal data is declared: what is exported, and what erasing does to it."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import CharField, Field, JSONField, Model, TextField, UUIDField

from backend.api.personal_data import PersonalRows
from backend.config.personal_data import NOT_PERSONAL, TABLES

PERSONAL_NAME = re.compile(
    r"phone|e_?mail|first_name|last_name|customer|birth|address|street|postal|user_agent|"
    r"shopper|anonymous|guest|notes?$|recipient|user_id"
)
DECLARED = {table.model._meta.label: table for app in TABLES for table in app.tables}


def own_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("backend.")]


def label(field: "Field[object, object]") -> str:
    return f"{field.model._meta.label}.{field.name}"


def personal_columns() -> Iterator[str]:
    """Yield the columns that refer to a user or look personal, of models that aren't declared."""
    for model in apps.get_models():
        if model._meta.label in DECLARED:
            continue
        for field in model._meta.get_fields():
            if not field.concrete or field.auto_created:
                continue
            refers = field.related_model is get_user_model()
            if refers or (model in own_models() and PERSONAL_NAME.search(field.name)):
                yield label(field)


def test_columns_that_look_personal_are_declared_or_listed_with_a_reason() -> None:
    found = set(personal_columns())
    listed = {name for name in NOT_PERSONAL if name.rpartition(".")[0] not in DECLARED}

    assert found - listed == set(), (
        "add the model to the app's personal_data.py, or the column to NOT_PERSONAL in "
        "backend/config/personal_data.py with the reason"
    )
    assert {name for name in listed if name not in found} == set(), "these columns don't exist any more"


@pytest.mark.parametrize("table", DECLARED.values(), ids=DECLARED)
def test_every_column_of_a_declared_model_is_exported_or_withheld(table: PersonalRows) -> None:
    columns = {
        field.name for field in table.model._meta.get_fields() if field.concrete and not field.auto_created
    } | {table.model._meta.pk.name}
    exported = {name.partition("__")[0] for name in table.exported}

    assert exported | set(table.withheld) == columns, f"update the declaration of {table.section}"


@pytest.mark.parametrize(
    "table",
    [table for table in DECLARED.values() if table.emptied is not None],
    ids=[name for name, table in DECLARED.items() if table.emptied is not None],
)
def test_every_text_and_reference_that_survives_an_erasure_is_named(table: PersonalRows) -> None:
    texts = {
        field.name
        for field in table.model._meta.concrete_fields
        if isinstance(field, CharField | TextField | JSONField | UUIDField)
        or field.related_model is get_user_model()
    }

    assert set(table.emptied or ()) & texts | set(table.kept) == texts | set(table.kept)
    assert not set(table.emptied or ()) & set(table.kept)


def test_sections_of_the_export_have_different_names() -> None:
    sections = [table.section for app in TABLES for table in app.tables]

    assert len(sections) == len(set(sections))
