"""Quote the part of a description that has words of the query which the title lacks."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from indexing.analysis.tokens import OPAQUE
from indexing.matches.terms import SearchedTerms
from indexing.matches.values import Found, TextPart, parts_of
from indexing.text import plain

MAX_SOURCE = 1_000
"""Characters of a description in which words are looked for; the beginning describes the product."""
MAX_ANALYSED = 240
"""Characters of them that are analysed, which costs more than everything else."""
LENGTH = 160
"""Characters of a fragment, about two lines."""
LEAD = 40
"""Characters of a fragment before the first word that matched."""
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

SHORTEST_PROBE = 3
ENDING = 2
"""Letters at the end of a stem that a word may not have: "berri" is the stem of "berry"."""
CACHED_PATTERNS = 1_024


def fragment(description: str, terms: SearchedTerms, *, missing: int) -> tuple[TextPart, ...]:
    """Return the part of a description with the most of the needs in `missing`; nothing if it has none."""
    text = " ".join(plain(description)[:MAX_SOURCE].split())
    found = _found(text, terms, missing)
    if not any(each.needs & missing for each in found):
        return ()
    shown = _best(found, missing)
    start = _start(text, shown[0].start)
    end = _end(text, shown[-1].end, latest=start + LENGTH)
    lead = f"{ELLIPSIS} " if start else ""
    tail = f" {ELLIPSIS}" if end < len(text) else ""
    shift = len(lead) - start
    return parts_of(f"{lead}{text[start:end]}{tail}", [_moved(each, shift) for each in shown])


def _found(text: str, terms: SearchedTerms, missing: int) -> list[Found]:
    """Return what the part of `text` has that may have the most of the missing words."""
    probes = tuple(_probes(terms, missing))
    first = 0
    if not any(each.startswith(OPAQUE) for each in probes):
        place = _densest(text, _pattern((*terms.words, *terms.phrases)), tuple(map(_beginning, probes)))
        if place is None and text.isascii():
            return []
        # Accents may have hidden the words, so that the beginning is analysed.
        first = 0 if place is None else _start(text, place)
    last = _end(text, first + LENGTH, latest=first + MAX_ANALYSED)
    return [_moved(each, first) for each in terms.found_in(text[first:last])]


def _densest(text: str, pattern: re.Pattern[str], wanted: tuple[str, ...]) -> int | None:
    """Return the first place that the most of the pattern's alternatives follow within a fragment.

    Only those count that begin with one of `wanted`.
    """
    found = ((each.start(), each.group().lower()) for each in pattern.finditer(text))
    places = [(place, written) for place, written in found if written.startswith(wanted)]
    best, most, last = None, 0, 0
    near: Counter[str] = Counter()
    for place, written in places:
        while last < len(places) and places[last][0] < place + LENGTH - LEAD:
            near[places[last][1]] += 1
            last += 1
        if len(near) > most:
            best, most = place, len(near)
        near[written] -= 1
        if not near[written]:
            del near[written]
    return best


def _probes(terms: SearchedTerms, missing: int) -> Iterator[str]:
    """Yield the terms of which a text has one if it satisfies a missing need."""
    for term, needs in terms.words.items():
        if needs & missing:
            yield term
    for term, phrases in terms.phrases.items():
        if any(needs & missing for _, needs in phrases):
            yield term


@lru_cache(CACHED_PATTERNS)
def _pattern(probes: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for the beginnings of words with these terms, which costs less than analysis.

    One pattern has all terms of a query, because compiling one for each hit's missing words takes longer
    than everything else.
    """
    beginnings = sorted({_beginning(each) for each in probes if not each.startswith(OPAQUE)}, key=len)[::-1]
    ascii_ones = "|".join(re.escape(each) for each in beginnings if each.isascii())
    # Of two that match at one place, the longer is not ASCII.
    written = [re.escape(each) for each in beginnings if not each.isascii()]
    if ascii_ones:
        # One condition for all of them is a tenth of the work of one for each.
        written.append(rf"(?<!\w)(?:{ascii_ones})")
    return re.compile("|".join(written), re.IGNORECASE)


def _beginning(term: str) -> str:
    return term[: max(SHORTEST_PROBE, len(term) - ENDING)]


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
    """Return where a quotation begins: at a word, or where it matched if there are no spaces."""
    earliest = matched - LEAD
    if earliest <= 0:
        return 0
    space = text.find(" ", earliest, matched)
    return matched if space < 0 else space + 1


def _end(text: str, least: int, *, latest: int) -> int:
    """Return where a quotation ends: after a word, or at `least` if no space follows it."""
    if latest >= len(text):
        return len(text)
    space = text.rfind(" ", least, latest + 1)
    return least if space < 0 else space


def _moved(found: Found, distance: int) -> Found:
    return Found(found.start + distance, found.end + distance, found.needs)
