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
    written: dict[str, int] = field(default_factory=dict)
    while_scanning: Callable[[], None] = lambda: None

    def change(self, number: int, title: str) -> None:
        self.products[number] = title
        for changed in self.unread.values():
            changed.append(number)

    def subscribe(self, generation: str) -> None:
        self.unread.setdefault(generation, [])
        self.reserved.add(generation)

    def scan(self, *, after: int) -> Iterator[Sequence[DocumentWrite]]:
        for number, title in sorted(self.products.items()):
            if number > after:
                yield [PutDocument(product(number, title), self.version)]
        self.while_scanning()

    def written_up_to(self, generation: str) -> int | None:
        return self.written.get(generation)

    def record_written(self, generation: str, *, up_to: int) -> None:
        self.written[generation] = up_to

    def keep_reserved(self, generation: str) -> None:
        self.reserved.add(generation)

    def apply_changes(self, generation: str) -> float:
        changed = list(self.unread[generation])
        self.version += 1
        writes = [PutDocument(product(number, self.products[number]), self.version) for number in changed]
        self.engine.write(generation, writes, now=NOW)
        del self.unread[generation][: len(changed)]
        return float(len(changed) * 5)

    def hand_over(self, generation: str) -> None:
        self.reserved.discard(generation)

    def unsubscribe(self, generation: str) -> None:
        self.unread.pop(generation, None)
        self.written.pop(generation, None)
        self.reserved.discard(generation)

    def is_being_built(self, generation: str) -> bool:
        return generation in self.reserved
