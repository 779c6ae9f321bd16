"""Keys by identity."""

from indexing.identity import Same


def test_keys_of_one_object_are_equal_and_those_of_equal_objects_are_not() -> None:
    first, equal = {"colour": "red"}, {"colour": "red"}

    assert {Same(first): 1}[Same(first)] == 1
    assert Same(equal) not in {Same(first): 1}
    assert Same(first) != first
