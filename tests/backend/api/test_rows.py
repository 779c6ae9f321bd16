"""Rows are inserted together and set as related rows, with the stated number of statements."""

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from backend.api.rows import inserted, last_rows, set_related
from backend.audit.actors import Actor
from backend.audit.models import AuditEntry
from backend.audit.services import entry_of
from backend.catalog.models import Category
from backend.outbox.models import Message
from backend.outbox.services import messages
from backend.outbox.topics import Topic

pytestmark = pytest.mark.django_db


def category(name: str, *, parent: Category | None = None) -> Category:
    return Category(name=name, slug=name, path=name, parent=parent)


def test_last_rows_of_several_tables_are_inserted_by_one_statement_on_postgresql() -> None:
    with CaptureQueriesContext(connection) as queries, last_rows() as rows:
        rows.add(category("a"), *messages(Topic.CATEGORY, [1, 2]), category("b"))
        rows.add(entry_of("tests.ran", by=Actor.system("tests"), subject=("test", "1")))
    inserts = [query["sql"] for query in queries if "INSERT" in query["sql"]]
    assert len(inserts) == (1 if connection.vendor == "postgresql" else 3)
    assert list(Category.objects.order_by("pk").values_list("name", flat=True)) == ["a", "b"]
    assert list(Message.objects.order_by("pk").values_list("topic", "key")) == [
        ("category", "1"),
        ("category", "2"),
    ]
    assert AuditEntry.objects.get().recorded_at is not None


def test_a_value_that_only_some_rows_have_is_never_lost() -> None:
    entries = [category("a"), category("b")]
    entries[1].pk = 7

    with pytest.raises(ValueError, match=r"only some rows of catalog\.Category have values for id"):
        inserted(entries)


def test_last_rows_are_rolled_back_with_the_transaction() -> None:
    def insert_twice() -> None:
        with last_rows() as rows:
            Category.objects.bulk_create([category("a")])
            rows.add(category("a"), *messages(Topic.CATEGORY, [1]))

    with pytest.raises(IntegrityError):
        insert_twice()
    assert not Category.objects.exists()
    assert not Message.objects.exists()


def test_a_transaction_without_last_rows_executes_no_insert() -> None:
    with CaptureQueriesContext(connection) as queries, last_rows():
        pass
    assert not [query for query in queries if "INSERT" in query["sql"]]


def test_inserted_rows_have_the_values_that_the_database_fills() -> None:
    with CaptureQueriesContext(connection) as queries:
        rows = inserted(messages(Topic.CATEGORY, [1, 2, 3]))
    assert len(queries) == 1
    stored = Message.objects.order_by("pk").values_list("pk", "key", "created_at")
    assert [(row.pk, row.key, row.created_at) for row in rows] == list(stored)
    rows[0].key = "4"
    rows[0].save()
    assert Message.objects.get(pk=rows[0].pk).key == "4"
    assert inserted([]) == []


def test_related_rows_that_were_just_stored_are_read_without_a_query() -> None:
    parent = category("parent")
    parent.save()
    children = Category.objects.bulk_create(category(name, parent=parent) for name in "ab")
    set_related(parent, "children", children)
    with CaptureQueriesContext(connection) as queries:
        assert list(parent.children.all()) == children
    assert len(queries) == 0
