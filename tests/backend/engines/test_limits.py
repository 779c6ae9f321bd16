"""One engine never occupies more than its share of the threads."""

import pytest

from backend.engines.errors import EngineBusy
from backend.engines.limits import Share


def test_a_full_share_is_refused_at_once_and_names_the_engine() -> None:
    share = Share("warehouse", slots=2)

    with share.slot(), share.slot(), pytest.raises(EngineBusy) as refused, share.slot():
        pass

    assert refused.value.details == {"engine": "warehouse"}
    assert (refused.value.status, "Retry-After" in refused.value.headers) == (503, True)


def test_a_slot_is_free_again_after_a_failure() -> None:
    share = Share("warehouse", slots=1)

    for _ in range(3):
        with pytest.raises(ZeroDivisionError), share.slot():
            raise ZeroDivisionError
