"""HTML in descriptions of products."""

import pytest

from backend.importing.catalogue.descriptions import LONGEST_DESCRIPTION, description_of
from backend.importing.errors import InvalidValue


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Fits 5 < 6 cm & more", "Fits 5 < 6 cm & more"),
        ("<p>Warm</p><script>alert(1)</script>", "<p>Warm</p>"),
        ('<p style="position:fixed" onclick="x()">Warm</p>', "<p>Warm</p>"),
        ('<a href="javascript:x()">More</a>', '<a rel="nofollow noopener">More</a>'),
        (
            '<a href="https://example.org">More</a>',
            '<a href="https://example.org" rel="nofollow noopener">More</a>',
        ),
        ("<iframe src='https://example.org'></iframe>Warm", "Warm"),
        ("Warm <img src=x onerror=alert(1)", "Warm"),
        ('<img src="data:text/html,x" alt="a">', '<img alt="a">'),
        ("<p>unclosed <b>bold", "<p>unclosed <b>bold</b></p>"),
    ],
)
def test_html_that_could_run_or_restyle_a_page_is_removed(written: str, stored: str) -> None:
    assert description_of(written) == stored
    assert description_of(stored) == stored


def test_the_length_of_a_description_is_limited() -> None:
    assert len(description_of("x" * LONGEST_DESCRIPTION)) == LONGEST_DESCRIPTION
    with pytest.raises(InvalidValue, match="100,000"):
        description_of("x" * (LONGEST_DESCRIPTION + 1))
