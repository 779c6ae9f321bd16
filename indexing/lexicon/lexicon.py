"""An immutable snapshot of the words of one generation."""

import mmap
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from heapq import nlargest
from pathlib import Path

import msgspec
from rapidfuzz.distance import OSA

from indexing.lexicon.building import LexiconSource, build
from indexing.lexicon.container import Buffer, unpack
from indexing.lexicon.deletes import MAX_EDITS, DeleteIndex
from indexing.lexicon.errors import LexiconDamaged
from indexing.lexicon.segmentation import segmentations
from indexing.lexicon.strings import StringTable
from indexing.lexicon.values import NamedValue, Neighbour, Segmentation

_decode_names = msgspec.json.Decoder(tuple[NamedValue, ...]).decode


class Lexicon:
    """Answers questions about the words of one generation in microseconds; threads may share it."""

    def __init__(self, content: Buffer) -> None:
        """Read the file that `indexing.lexicon.building.build` returned, without copying it.

        Raises:
            LexiconDamaged: the file is incomplete or has another format.
        """
        self.products, sections = unpack(content)
        try:
            self._words = StringTable(sections, "words")
            self._word_counts = sections["words.counts"].cast("I")
            self._word_stems = sections["words.stems"].cast("I")
            self._stems = StringTable(sections, "stems")
            self._stem_counts = sections["stems.counts"].cast("I")
            self._pairs = sections["pairs.keys"].cast("Q")
            self._pair_counts = sections["pairs.counts"].cast("I")
            self._deletes = DeleteIndex(sections)
            self._names = StringTable(sections, "names")
            self._name_values = sections["names.values"]
            self._name_ends = sections["names.ends"].cast("I")
        except (KeyError, TypeError) as error:
            raise LexiconDamaged(f"a section is missing or damaged: {error}") from error

    @classmethod
    def mapped(cls, path: Path) -> "Lexicon":
        """Return the lexicon of a file, which stays mapped into memory, also after it was replaced.

        Raises:
            LexiconDamaged: the file is incomplete or has another format.
            OSError: the file cannot be read.
        """
        with path.open("rb") as file:
            try:
                content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError as error:  # an empty file cannot be mapped
                raise LexiconDamaged(str(error)) from error
        return cls(memoryview(content))

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self._words)

    def frequency(self, form: str) -> int:
        """Return how many products contain exactly this form, outside their descriptions."""
        number = self._words.find(form)
        return 0 if number is None else self._word_counts[number]

    def stem_frequency(self, stem: str) -> int:
        """Return how many products contain a form with this stem, counting those with several forms twice."""
        number = self._stems.find(stem)
        return 0 if number is None else self._stem_counts[number]

    def pair(self, first: str, second: str) -> int:
        """Return in how many products' titles these forms, or others with their stems, are adjacent."""
        stems = self._stem(first), self._stem(second)
        if stems[0] is None or stems[1] is None:
            return 0
        wanted = (stems[0] << 32) | stems[1]
        place = bisect_left(self._pairs, wanted)
        found = place < len(self._pairs) and self._pairs[place] == wanted
        return self._pair_counts[place] if found else 0

    def near(self, form: str, edits: int) -> list[Neighbour]:
        """Return the words within `edits` edits (at most 2) of `form`, other than itself."""
        near = []
        for number in self._deletes.candidates(form, min(edits, MAX_EDITS)):
            word = self._words[number]
            if 0 < OSA.distance(form, word, score_cutoff=edits) <= edits:
                near.append(Neighbour(word, self._word_counts[number]))
        return near

    def segmentations(self, form: str, *, links: Sequence[str] = ()) -> Iterator[Segmentation]:
        """Yield the ways to write `form` as two or three known words.

        `links` are the letters that a language may insert between the parts of a compound.
        """
        return segmentations(form, frequency=self.frequency, pair=self.pair, links=links)

    def named(self, stems: Sequence[str]) -> tuple[NamedValue, ...]:
        """Return the values whose name consists of these stems, those with the most products first."""
        number = self._names.find(" ".join(stems))
        if number is None:
            return ()
        return _decode_names(self._name_values[self._name_ends[number] : self._name_ends[number + 1]])

    def with_prefix(self, prefix: str, limit: int) -> list[Neighbour]:
        """Return the `limit` words that begin with `prefix` and have the most products."""
        found = nlargest(
            limit, self._words.with_prefix(prefix), key=lambda number: (self._word_counts[number], -number)
        )
        return [Neighbour(self._words[number], self._word_counts[number]) for number in found]

    def _stem(self, form: str) -> int | None:
        number = self._words.find(form)
        return None if number is None else self._word_stems[number]


EMPTY = Lexicon(build(LexiconSource(products=0, words=(), stem=str)))
"""The lexicon of a generation that has none yet: it knows no word, so nothing is corrected."""
