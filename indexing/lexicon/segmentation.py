"""Ways to write a form as several known words."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from indexing.lexicon.values import Segmentation

MIN_PART = 3
"""Letters of a part whose neighbour no title has beside it; shorter ones are usually accidental."""
MIN_FORM = 3
MAX_FORM = 40

Frequency = Callable[[str], int]
PairCount = Callable[[str, str], int]


def segmentations(
    form: str, *, frequency: Frequency, pair: PairCount, links: Sequence[str] = ()
) -> Iterator[Segmentation]:
    """Yield the ways to write `form` as two or three known words, with the counts of their pairs.

    Parts of one or two letters need a title that has them beside the next part ("t shirt"), and at most one
    part is a single letter, because sizes are written beside each other ("S M L"). `links` are
    letters that a language may insert between the parts of a compound (German "Geburtstag-s-karte").
    """
    if not MIN_FORM <= len(form) <= MAX_FORM:
        return
    heads = {end: _known(form[:end], frequency, links) for end in range(1, len(form))}
    tails = [start for start in range(1, len(form)) if frequency(form[start:])]
    for start in tails:
        for head in heads[start]:
            yield from _written((head, form[start:]), pair)
        for end in range(1, start):
            if heads[end]:
                for middle in _known(form[end:start], frequency, links):
                    for head in heads[end]:
                        yield from _written((head, middle, form[start:]), pair)


def _known(text: str, frequency: Frequency, links: Sequence[str]) -> list[str]:
    """Return the known words that `text` is, as it stands or without a link at its end."""
    found = [text] if frequency(text) else []
    for link in links:
        stripped = text.removesuffix(link)
        if stripped != text and len(stripped) >= MIN_PART and frequency(stripped):
            found.append(stripped)
    return found


def _written(parts: tuple[str, ...], pair: PairCount) -> Iterator[Segmentation]:
    pairs = tuple(pair(first, second) for first, second in pairwise(parts))
    if sum(len(part) == 1 for part in parts) > 1:
        return
    # Three parts that no title has beside each other are almost always an accident.
    if all(pairs) or (len(parts) == 2 and min(map(len, parts)) >= MIN_PART):
        yield Segmentation(parts, pairs)
