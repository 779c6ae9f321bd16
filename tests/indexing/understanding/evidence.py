"""Evidence about the words of a small catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from indexing.lexicon.values import NamedValue


@dataclass(frozen=True)
class Titles:
    """What titles say about words: a hand-written lexicon. Words that aren't listed are in ten products."""

    pairs: Mapping[tuple[str, str], int] = field(default_factory=dict)
    frequencies: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[tuple[str, ...], tuple[NamedValue, ...]] = field(default_factory=dict)

    def frequency(self, form: str) -> int:
        return self.frequencies.get(form, 10)

    def stem_frequency(self, stem: str) -> int:
        return self.frequency(stem)

    def pair(self, first: str, second: str) -> int:
        return self.pairs.get((first, second), 0)

    def named(self, stems: Sequence[str]) -> Sequence[NamedValue]:
        return self.names.get(tuple(stems), ())


CATALOGUE = Titles(
    pairs={
        ("no", "mercy"): 3,
        ("no", "sugar"): 2,
        ("air", "max"): 5,
        ("max", "90"): 3,
        ("good", "day"): 30,
        ("best", "headphones"): 1,
        ("noise", "cancellation"): 4,
        ("bluetooth", "headphones"): 9,
        ("900", "steps"): 2,
        ("20", "pounds"): 6,
    },
    frequencies={"good": 200, "day": 100, "best": 90, "headphones": 60},
)
