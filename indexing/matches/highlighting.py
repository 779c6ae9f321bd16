"""Highlight what matched in a title, and in a fragment of the description."""

from collections.abc import Sequence

from indexing.document import ProductDocument
from indexing.matches.terms import SearchedTerms
from indexing.matches.values import Found, Highlights, TextPart, parts_of
from indexing.text import plain

MAX_SOURCE = 2_000
"""Characters of a description in which words are looked for; the beginning describes the product."""
LENGTH = 160
"""Characters of a fragment, about two lines."""
LEAD = 40
"""Characters of a fragment before the first word that matched."""
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def highlights(product: ProductDocument, terms: SearchedTerms, *, needs: int) -> Highlights:
    """Return what the terms of a plan with so many needs match in the texts of a product."""
    in_title = terms.found_in(product.title)
    missing = (1 << needs) - 1
    for each in in_title:
        missing &= ~each.needs
    description = fragment(product.description, terms, missing=missing) if missing else ()
    return Highlights(parts_of(product.title, in_title), description)


def fragment(description: str, terms: SearchedTerms, *, missing: int) -> tuple[TextPart, ...]:
    """Return the part of a description with the most of the needs in `missing`; nothing if it has none."""
    text = " ".join(plain(description)[:MAX_SOURCE].split())
    found = terms.found_in(text) if text else ()
    if not any(each.needs & missing for each in found):
        return ()
    shown = _best(found, missing)
    start = _start(text, shown[0].start)
    end = _end(text, start, shown[-1].end)
    lead = f"{ELLIPSIS} " if start else ""
    tail = f" {ELLIPSIS}" if end < len(text) else ""
    shift = len(lead) - start
    placed = [Found(each.start + shift, each.end + shift, each.needs) for each in shown]
    return parts_of(f"{lead}{text[start:end]}{tail}", placed)


def _best(found: Sequence[Found], missing: int) -> Sequence[Found]:
    """Return the first of the runs within LENGTH that satisfy the most needs."""
    best: Sequence[Found] = ()
    highest = (0, 0)
    for place, first in enumerate(found):
        last = first.start + LENGTH - LEAD
        run = [first, *(each for each in found[place + 1 :] if each.end <= last)]
        needs = 0
        for each in run:
            needs |= each.needs
        value = (needs & missing).bit_count(), needs.bit_count()
        if value > highest:
            best, highest = run, value
    return best


def _start(text: str, matched: int) -> int:
    """Return where a fragment begins: at a word, or where it matched if there are no spaces."""
    earliest = matched - LEAD
    if earliest <= 0:
        return 0
    space = text.find(" ", earliest, matched)
    return matched if space < 0 else space + 1


def _end(text: str, start: int, matched: int) -> int:
    latest = start + LENGTH
    if latest >= len(text):
        return len(text)
    space = text.rfind(" ", matched, latest + 1)
    return matched if space < 0 else space
