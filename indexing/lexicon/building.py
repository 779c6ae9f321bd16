"""Build a lexicon from the counts of a generation's words, pairs and values."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from heapq import nlargest

import msgspec
import numpy as np

from indexing.lexicon.container import pack
from indexing.lexicon.deletes import MAX_LENGTH, delete_sections, shape_sections
from indexing.lexicon.strings import string_sections
from indexing.lexicon.values import NamedValue

MAX_WORDS = 500_000
MAX_PAIRS = 1_000_000
"""Of the pairs with the most products; each takes 12 bytes."""
MAX_TARGETS = 200_000
"""Words that misspelt ones may be corrected to, those with the most products."""
MIN_TARGET_LENGTH = 3
UNKNOWN = -1
"""Instead of the number of a stem that no kept word has."""
LARGE_SHOP = 5_000
"""Products from which on a word of a single product is more likely a misspelling than its correction."""

Counts = Iterable[tuple[str, int]]
Stem = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class LexiconSource:
    """The counts that a lexicon is built from: values with the numbers of products that have them."""

    products: int
    """The number of all products."""
    words: Counts
    pairs: Counts = ()
    """Two words joined by a space."""
    named: Iterable[tuple[str, NamedValue]] = field(default=())
    """Each value with its words, joined by spaces."""
    stem: Stem


def build(source: LexiconSource) -> bytes:
    """Return the file of a lexicon."""
    counts = dict(_most(((word, count) for word, count in source.words if _is_kept(word)), MAX_WORDS))
    words = sorted(counts)
    stems_of_words = [source.stem(word) for word in words]
    stem_counts = _summed(zip(stems_of_words, map(counts.__getitem__, words), strict=True))
    stems = sorted(stem_counts)
    numbers = {stem: number for number, stem in enumerate(stems)}
    return pack(
        {
            **string_sections("words", words),
            "words.counts": _whole(counts[word] for word in words),
            **shape_sections(words),
            "words.stems": _whole(numbers[stem] for stem in stems_of_words),
            **string_sections("stems", stems),
            "stems.counts": _whole(min(stem_counts[stem], source.products) for stem in stems),
            **_pair_sections(source, numbers),
            **_targets(words, counts, products=source.products),
            **_named_sections(source),
        },
        products=source.products,
    )


def _is_kept(word: str) -> bool:
    return 0 < len(word) <= MAX_LENGTH


def _most(counts: Counts, limit: int) -> list[tuple[str, int]]:
    return nlargest(limit, counts, key=lambda each: (each[1], each[0]))


def _summed(counts: Iterable[tuple[str, int]]) -> Counter[str]:
    summed: Counter[str] = Counter()
    for value, count in counts:
        summed[value] += count
    return summed


def _whole(numbers: Iterable[int]) -> bytes:
    return np.fromiter(numbers, np.uint32).tobytes()


def _pair_sections(source: LexiconSource, stems: dict[str, int]) -> dict[str, bytes]:
    """Count pairs by the stems of their words: "garage door" is evidence for "garage doors"."""
    number = cache(lambda word: stems.get(source.stem(word), UNKNOWN))
    counted = [
        (number(first), number(second), count)
        for pair, count in source.pairs
        for first, _, second in [pair.partition(" ")]
    ]
    found = np.array(counted, np.int64).reshape(-1, 3)
    found = found[(found[:, :2] != UNKNOWN).all(axis=1)]
    keys, places = np.unique((found[:, 0] << 32) | found[:, 1], return_inverse=True)
    counts = np.bincount(places, weights=found[:, 2], minlength=len(keys))
    kept = np.sort(np.lexsort((keys, counts))[-MAX_PAIRS:])
    return {
        "pairs.keys": keys[kept].astype(np.uint64).tobytes(),
        "pairs.counts": counts[kept].astype(np.uint32).tobytes(),
    }


def _targets(words: Sequence[str], counts: dict[str, int], *, products: int) -> dict[str, bytes]:
    least = 2 if products >= LARGE_SHOP else 1
    eligible = (
        (counts[word], number)
        for number, word in enumerate(words)
        if counts[word] >= least and len(word) >= MIN_TARGET_LENGTH and word.isalpha()
    )
    targets = [number for _, number in nlargest(MAX_TARGETS, eligible)]
    return delete_sections([words[number] for number in targets], targets)


def _named_sections(source: LexiconSource) -> dict[str, bytes]:
    values: dict[str, list[NamedValue]] = {}
    for text, value in source.named:
        values.setdefault(" ".join(source.stem(word) for word in text.split()), []).append(value)
    values.pop("", None)
    names = sorted(values)
    encoded = [
        msgspec.json.encode(sorted(values[name], key=lambda each: (-each.products, each.kind, each.value)))
        for name in names
    ]
    offsets = np.zeros(len(encoded) + 1, np.uint32)
    offsets[1:] = np.cumsum([len(each) for each in encoded], dtype=np.uint32)
    return {
        **string_sections("names", names),
        "names.values": b"".join(encoded),
        "names.ends": offsets.tobytes(),
    }
