"""Where pinned products are in a list."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexing.rules.actions import Pin
from indexing.rules.arrangement import Arrangement

PINS = st.lists(
    st.tuples(st.integers(1000, 1009), st.integers(1, 30)), unique_by=lambda pin: pin[0], max_size=8
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pins=PINS, count=st.integers(0, 25), page_size=st.integers(1, 12), data=st.data())
def test_pages_are_the_ranked_hits_with_each_shown_product_at_its_place(
    pins: list[tuple[int, int]], count: int, page_size: int, data: st.DataObject
) -> None:
    pinned = tuple(Pin(*each) for each in pins)
    shown = data.draw(st.sets(st.sampled_from([pin.product_id for pin in pinned]))) if pinned else set()

    whole: list[int] = []
    for offset in range(0, count + len(shown) + page_size, page_size):
        part = Arrangement(pinned, offset=offset, page_size=page_size)
        ranked = list(range(count))[part.start : part.end]
        whole += part.page(ranked, count=count, shown=shown, pinned_hit=lambda product_id: product_id)

    assert [each for each in whole if each < 1000] == list(range(count))
    assert sorted(each for each in whole if each >= 1000) == sorted(shown)
    positions = [pin.position for pin in pinned if pin.product_id in shown]
    if len(set(positions)) == len(positions) and all(each <= count for each in positions):
        assert {whole.index(pin.product_id) + 1 for pin in pinned if pin.product_id in shown} == set(
            positions
        )


def test_a_ranked_product_that_was_deleted_meanwhile_leaves_the_page_shorter() -> None:
    part = Arrangement((Pin(1000, 2),), offset=0, page_size=4)

    page = part.page([0, 1], count=3, shown={1000}, pinned_hit=lambda product_id: product_id)

    assert page == [0, 1000, 1]
