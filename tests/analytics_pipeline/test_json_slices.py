"""The elements of a JSON array are separated without being parsed."""

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_pipeline.json_slices import TooManyElements, Unreadable, cut, member_at

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(
    elements=st.lists(JSON, max_size=20),
    before=st.dictionaries(st.text().filter(lambda name: name != "events"), JSON, max_size=3),
    spaced=st.booleans(),
)
def test_an_array_is_cut_between_its_elements(
    elements: list[object], before: dict[str, object], spaced: bool
) -> None:
    whole = {**before, "events": elements, "after": elements}
    text = json.dumps(whole, indent=1 if spaced else None, ensure_ascii=False).encode()
    slices = cut(text, "events", limit=100)
    assert [json.loads(element) for element in slices.elements] == elements
    assert json.loads(slices.rest) == {**whole, "events": []}


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        (b'{"events": [1, NaN, "\\ud83d", "\xff", "a\nb", {"a": [}], 2]}', 7),
        (b'{"events": [{"a": "]}\\""}, ' + b"[" * 50_000 + b"]" * 50_000 + b", 3]}", 3),
        (b'{"events": [,1,]}', 3),
        (b'{"x": {"events": [1, 2]}, "events": [3]}', 1),
        (rb'{"\u0065vents": [1, 2]}', 2),
        (b'{"x": "\\"events\\": [1, 2]", "events": [3]}', 1),
    ],
)
def test_an_invalid_element_ends_where_its_brackets_close(text: bytes, elements: int) -> None:
    assert len(cut(text, "events", limit=100).elements) == elements


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "no array"),
        (b'{"event": [1]}', "no array"),
        (b'{"events": 1}', "no array"),
        (b'{"events": [1], "events": [2]}', "occurs twice"),
        (rb'{"events": [1], "\u0065vents": [2]}', "occurs twice"),
        (b'{"events": [1, 2', "byte 16: the text ends"),
        (b'{"events": ["1, 2]}', "byte 12: the text ends"),
        (b'{"events": [[1, [2], 3]', "the text ends"),
        (b'{"events": [1}]}', "a bracket doesn't match"),
    ],
)
def test_a_text_that_cannot_be_cut_is_unreadable_with_a_reason(text: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        cut(text, "events", limit=100)


def test_an_array_with_too_many_elements_is_refused_before_its_end_is_read() -> None:
    with pytest.raises(TooManyElements):
        cut(b'{"events": [1, 2, 3, 4', "events", limit=2)


@pytest.mark.parametrize(
    "element",
    [b"[" * 400_000 + b"]" * 400_000, b'"' + b"\\a" * 400_000 + b'"', b"[[],[[]," * 100_000 + b"1"],
    ids=["nested", "escaped", "brackets"],
)
def test_the_time_grows_linearly_with_the_length_of_the_text(element: bytes) -> None:
    def seconds(text: bytes) -> float:
        begun = time.process_time()
        with suppress(Unreadable):
            cut(b'{"events": [' + text + b"]}", "events", limit=100)
        return time.process_time() - begun

    part = element[: len(element) // 8]
    assert seconds(element) < 80 * seconds(part) + 0.5


@pytest.mark.parametrize(("place", "name"), [(2, "a"), (7, "a"), (20, "b"), (25, "b"), (60, "")])
def test_the_member_at_a_byte_is_named(place: int, name: str) -> None:
    assert member_at(b'{"a": 17, "b": {"c": [1]}}', place) == name
