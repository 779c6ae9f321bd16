"""Values that are found by the identity of objects."""

from indexing.identity import ByIdentity


def test_a_value_is_found_for_the_same_objects_in_the_same_order_only() -> None:
    known = ByIdentity[str](2)
    first, second = {"colour": "red"}, {"colour": "red"}

    assert known.keep("shown", first, None) == "shown"

    assert known.get(first, None) == "shown"
    assert [known.get(second, None), known.get(None, first), known.get(first)] == [None] * 3


def test_values_are_forgotten_when_there_are_too_many() -> None:
    known, objects = ByIdentity[int](2), [[number] for number in range(3)]
    for number, each in enumerate(objects):
        known.keep(number, each)

    assert [known.get(each) for each in objects] == [None, None, 2]


def test_an_object_whose_memory_is_used_again_has_no_value() -> None:
    known = ByIdentity[int](10_000)
    for number in range(1_000):
        known.keep(number, [number])

    assert not any(known.get([number]) is not None for number in range(1_000))
