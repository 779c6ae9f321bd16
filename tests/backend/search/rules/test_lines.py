"""Rules as text."""

from typing import Any

import pytest

from backend.search.rules.lines import actions_in, actions_text, filters_in, filters_text
from indexing.numeric import numeric_attributes


@pytest.mark.parametrize(
    "action",
    [
        {"type": "pin", "product": 17, "position": 1},
        {"type": "hide", "product": 17},
        {"type": "boost", "filters": {"in_stock": False, "max_price": "9.99"}, "factor": 0.5},
        {"type": "filter", "filters": {"brand": ["A & B", "C"], "seller": 4, "rating": 3.5}},
        {"type": "redirect", "url": "https://shop.example/sale?q=a%20b"},
        {"type": "replace", "words": "with milk", "by": "without"},
        {"type": "remove", "words": "very cheap"},
        {"type": "rewrite", "query": "pin 17 at 1"},
    ],
)
def test_an_action_is_read_as_it_is_written(action: dict[str, Any]) -> None:
    assert actions_in(actions_text([action])) == [action]


def test_filters_are_read_as_they_are_written(settings: Any) -> None:
    settings.SEARCH_RANGES = numeric_attributes("weight:kg")
    filters = {
        "brand": ["A"],
        "attributes": {"size": ["M", "L"], "size.max": ["9"]},
        "attribute_limits": {"weight": {"min": "0.5", "max": "2"}},
    }

    text = "brand=A; attr.size=M; attr.size=L; attr.size.max=9; attr.weight.min=0.5; attr.weight.max=2"
    assert filters_text(filters) == text
    assert filters_in(filters_text(filters)) == filters
    assert filters_in("") == {}
