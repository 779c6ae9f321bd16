"""A feed for generations, over a dictionary instead of a database."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from indexing.engine import DocumentWrite, PutDocument, SearchEngine
from tests.indexing.builders import NOW, product


@dataclass
class Rows:
    """A feed over a dictionary of products, with the changes that came while it was scanned."""

    products: dict[int, str]
    engine: SearchEngine
    version: int = 10
    kept: dict[str, list[int]] = field(default_factory=dict)
    working: set[str] = field(default_factory=set)
    while_scanning: Callable[[], None] = lambda: None

    def change(self, number: int, title: str) -> None:
        self.products[number] = title
        for changes in self.kept.values():
            changes.append(number)

    def begin(self, generation: str) -> None:
        self.kept[generation] = []
        self.working.add(generation)

    def scan(self) -> Iterator[Sequence[DocumentWrite]]:
        for number, title in list(self.products.items()):
            yield [PutDocument(product(number, title), self.version)]
        self.while_scanning()

    def follow(self, generation: str) -> float:
        changed, self.kept[generation] = self.kept[generation], []
        self.version += 1
        changes = [PutDocument(product(number, self.products[number]), self.version) for number in changed]
        self.engine.write(generation, changes, now=NOW)
        return float(len(changed) * 5)

    def hand_over(self, generation: str) -> None:
        self.working.discard(generation)

    def end(self, generation: str) -> None:
        self.kept.pop(generation, None)
        self.working.discard(generation)

    def is_being_built(self, generation: str) -> bool:
        return generation in self.working
