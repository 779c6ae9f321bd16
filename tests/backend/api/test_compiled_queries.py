"""Queries whose SQL is compiled only once."""

from threading import Thread
from typing import Any

import pytest
from django.db import connection

from backend.api.compiled_queries import CompiledQuery
from backend.catalog.models import Product
from tests.backend import shop

COLUMNS = ("id", "price", "attributes", "is_active", "created_at", "rating_average", "category__path")

pytestmark = pytest.mark.stores


def select(key: int) -> Any:
    return Product.objects.existing().filter(pk=key).values_list(*COLUMNS)


@pytest.mark.django_db
def test_the_rows_equal_those_of_the_query_set_for_every_key() -> None:
    query = CompiledQuery(select)
    for product in (shop.product(price="12.34", attributes={"colour": "red"}), shop.product(is_active=False)):
        assert query.rows(product.pk) == [list(row) for row in select(product.pk)]
    assert query.rows(10**9) == []


@pytest.mark.django_db
def test_the_query_is_built_once() -> None:
    built = []

    def counted(key: int) -> Any:
        built.append(key)
        return select(key)

    query = CompiledQuery(counted)
    for key in (1, 2, 3):
        query.rows(key)
    assert len(built) == 1


@pytest.mark.django_db
def test_a_query_with_further_parameters_is_refused() -> None:
    query = CompiledQuery(lambda key: Product.objects.filter(pk=key, brand="Kupfer").values_list("id"))
    with pytest.raises(ValueError, match="only parameter"):
        query.rows(1)


@pytest.mark.django_db(transaction=True)
def test_each_thread_reads_through_its_own_connection() -> None:
    product = shop.product(price="12.34")
    query = CompiledQuery(select)
    found = [query.rows(product.pk)]

    def read() -> None:
        try:
            found.append(query.rows(product.pk))
        finally:
            connection.close()

    thread = Thread(target=read)
    thread.start()
    thread.join(timeout=30)
    assert found == [[list(select(product.pk)[0])]] * 2
