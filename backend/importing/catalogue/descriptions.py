"""Descriptions of products, which may have HTML."""

import re

import nh3

from backend.importing.errors import InvalidValue

LONGEST_DESCRIPTION = 100_000
TAGS = (
    "a abbr b blockquote br caption code dd div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img li ol"
    " p pre s small span strong sub sup table tbody td th thead tr u ul"
)
ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
SCHEMES = {"http", "https", "mailto"}
BAD_DESCRIPTION = f"description must have at most {LONGEST_DESCRIPTION:,} characters"

# An unclosed tag counts, too: the page that shows the description may close it.
HTML = re.compile(r"<[a-zA-Z/!?]")
_cleaner = nh3.Cleaner(
    tags=set(TAGS.split()), attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="nofollow noopener"
)


def description_of(text: str) -> str:
    """Return a description: HTML without scripts and styles, and other text unchanged.

    Raises:
        InvalidValue: it is too long.
    """
    if len(text) > LONGEST_DESCRIPTION:
        raise InvalidValue(BAD_DESCRIPTION)
    if HTML.search(text) is None:
        return text
    cleaned = _cleaner.clean(text).strip()
    if len(cleaned) > LONGEST_DESCRIPTION:
        raise InvalidValue(BAD_DESCRIPTION)
    return cleaned
