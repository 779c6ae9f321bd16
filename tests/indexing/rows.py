"""A fake source of documents, over a dictionary instead of a database."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from indexing.engine import DocumentWrite, PutDocument, SearchEngine
from tests.indexing.builders import NOW, product


@dataclass
class Rows:
    """Titles by product id, and per subscribed generation the ids whose changes it hasn't received."""

    products: dict[int, str]
    engine: SearchEngine
    version: int = 10
    unread: dict[str, list[int]] = field(default_factory=dict)
    reserved: set[str] = field(default_factory=set)
    while_scanning: Callable[[], None] = lambda: None

    def change(self, number: int, title: str) -> None:
        self.products[number] = title
        for changed in self.unread.values():
            changed.append(number)

    def subscribe(self, generation: str) -> None:
        self.unread[generation] = []
        self.reserved.add(generation)

    def scan(self) -> Iterator[Sequence[DocumentWrite]]:
        for number, title in list(self.products.items()):
            yield [PutDocument(product(number, title), self.version)]
        self.while_scanning()

    def apply_changes(self, generation: str) -> float:
        changed, self.unread[generation] = self.unread[generation], []
        self.version += 1
        writes = [PutDocument(product(number, self.products[number]), self.version) for number in changed]
        self.engine.write(generation, writes, now=NOW)
        return float(len(changed) * 5)

    def hand_over(self, generation: str) -> None:
        self.reserved.discard(generation)

    def unsubscribe(self, generation: str) -> None:
        self.unread.pop(generation, None)
        self.reserved.discard(generation)

    def is_being_built(self, generation: str) -> bool:
        return generation in self.reserved
