"""Words that products must not have: "without mic", "-bluetooth", "no lid"."""

from collections.abc import Sequence
from dataclasses import dataclass

from indexing.understanding.pieces import Piece, starts_with
from indexing.understanding.values import Forms, WordEvidence
from indexing.understanding.wording import Wording

LONGEST = 3
"""Words of an excluded phrase."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What is excluded by the pieces from `start` to `end`."""

    start: int
    end: int
    excluded: tuple[str, ...]


def find_exclusions(
    found: Sequence[Piece], *, wording: Wording, evidence: WordEvidence, forms: Forms
) -> list[Exclusion]:
    """Return the exclusions of a query in order."""
    exclusions = _Exclusions(found, wording, evidence, forms)
    result: list[Exclusion] = []
    place = 0
    while place < len(found):
        exclusion = exclusions.at(place)
        if exclusion is None:
            place += 1
        else:
            result.append(exclusion)
            place = exclusion.end
    return result


class _Exclusions:
    def __init__(
        self, found: Sequence[Piece], wording: Wording, evidence: WordEvidence, forms: Forms
    ) -> None:
        self._found = found
        self._wording = wording
        self._evidence = evidence
        self._forms = forms

    def at(self, place: int) -> Exclusion | None:
        """Return the exclusion that begins with the piece `place`."""
        piece = self._found[place]
        if piece.has_minus:
            return Exclusion(place, place + 1, (piece.text.lstrip("-"),))
        start = self._after_introduction(place)
        if start is None or not self._is_word(start):
            return None
        excluded = [self._phrase(start)]
        end = start + len(excluded[0])
        while end + 1 < len(self._found) and self._found[end].key in self._wording.or_words:
            if not self._is_word(end + 1):
                break
            excluded.append(self._phrase(end + 1))
            end += 1 + len(excluded[-1])
        return Exclusion(place, end, tuple(" ".join(each) for each in excluded))

    def _after_introduction(self, place: int) -> int | None:
        for phrase in self._wording.without:
            if starts_with(phrase, self._found, place):
                return place + len(phrase)
        if self._found[place].key in self._wording.no and not self._is_of_titles(place):
            return place + 1
        return None

    def _is_of_titles(self, place: int) -> bool:
        """Return whether titles have this "no" and the next word side by side: "No Mercy", "no sugar"."""
        return place + 1 < len(self._found) and self._pair(place) > 0

    def _is_word(self, place: int) -> bool:
        if place >= len(self._found):
            return False
        piece = self._found[place]
        is_plain = piece.key not in self._wording.connectives and not piece.has_minus
        return is_plain and any(form.isalpha() for form in self._forms(piece.text))

    def _phrase(self, start: int) -> list[str]:
        """Return the word at `start`, and the next ones if titles have them beside it."""
        end = start + 1
        while (
            end < min(len(self._found), start + LONGEST)
            and not self._found[end - 1].ends
            and self._is_word(end)
            and self._pair(end - 1)
        ):
            end += 1
        if end - start > 1 and end - start >= len(self._found) - 1:
            # Something has to be left to search for: "no bluetooth headphones".
            end -= 1
        return [each.text.strip(",;:!?") for each in self._found[start:end]]

    def _pair(self, place: int) -> int:
        first = self._forms(self._found[place].text)
        second = self._forms(self._found[place + 1].text)
        return self._evidence.pair(first[-1], second[0]) if first and second else 0
