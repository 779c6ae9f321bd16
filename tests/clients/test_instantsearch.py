"""The search client of examples/instantsearch, without a shop and without InstantSearch."""

import pytest

from tests.clients.copies import CLIENTS, EXAMPLES, run


@pytest.mark.node
def test_the_search_client_translates_requests_and_responses() -> None:
    run(CLIENTS / "instantsearch", "node", "--test")


def test_the_search_client_has_at_most_60_lines() -> None:
    client = EXAMPLES / "instantsearch" / "vitrine.js"

    assert len(client.read_text().splitlines()) <= 60
