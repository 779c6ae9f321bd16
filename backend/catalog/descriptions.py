"""Descriptions of products, which may have HTML."""

import re

import nh3

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

# An unclosed tag counts, too: the page that shows the description may close it.
HTML = re.compile(r"<[a-zA-Z/!?]")
_cleaner = nh3.Cleaner(
    tags=set(TAGS.split()), attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="nofollow noopener"
)


def without_scripts(description: str) -> str:
    """Return HTML without scripts, styles and other active content, and other text unchanged."""
    return description if HTML.search(description) is None else _cleaner.clean(description).strip()
