"""A generated catalogue, the same in each run, and queries that shoppers would type into it."""

import random
from collections.abc import Iterator
from decimal import Decimal

from backend.catalog.imported import ImportedProduct, ImportedVariant

SEED = 11
BATCH = 1_000
SYLLABLES = (
    "ka",
    "lo",
    "mi",
    "ter",
    "son",
    "bel",
    "dor",
    "vin",
    "ras",
    "que",
    "tam",
    "pol",
    "gre",
    "sha",
    "nu",
    "fel",
)
KINDS = (
    *(
        "shirt",
        "dress",
        "jacket",
        "shoe",
        "boot",
        "wallet",
        "watch",
        "backpack",
        "tent",
        "bottle",
        "mug",
        "plate",
    ),
    *("lamp", "kettle", "chair", "table", "sofa", "bowl", "knife", "pan", "bag", "phone", "case", "cable"),
    *(
        "charger",
        "speaker",
        "headphones",
        "keyboard",
        "mouse",
        "monitor",
        "printer",
        "camera",
        "lens",
        "tripod",
    ),
)
COLOURS = ("red", "green", "blue", "black", "white", "yellow", "grey", "brown")
MATERIALS = ("oak", "steel", "canvas", "brass", "linen", "cork", "cotton", "leather")
SIZES = ("S", "M", "L")
BRANDS = 400
RARE_WORDS = 20_000


def products(count: int) -> Iterator[list[ImportedProduct]]:
    """Yield `count` products in batches: titles of about eight words, three variants, sixty words of text."""
    chance = random.Random(SEED)
    words = [_word(chance) for _ in range(RARE_WORDS)]
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        yield [_product(number, words=words, chance=chance) for number in numbers]


def queries(each: int = 10) -> list[str]:
    """Return four times `each` queries of one to three words that products match."""
    chance = random.Random(SEED)
    return [
        " ".join(
            [*chance.sample((chance.choice(COLOURS), chance.choice(MATERIALS)), k=size), chance.choice(KINDS)]
        )
        for size in (0, 1, 1, 2)
        for _ in range(each)
    ]


def misspelt(query: str) -> str:
    """Return the query with two letters of its last word swapped."""
    return query[:-3] + query[-2] + query[-3] + query[-1]


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(SYLLABLES, k=chance.randint(2, 4)))


def _product(number: int, *, words: list[str], chance: random.Random) -> ImportedProduct:
    kind, colour, material = chance.choice(KINDS), chance.choice(COLOURS), chance.choice(MATERIALS)
    brand = words[chance.randrange(BRANDS)].title()
    rare = " ".join(chance.sample(words, 3))
    price = Decimal(chance.randint(500, 50_000)) / 100
    return ImportedProduct(
        reference=str(number),
        title=f"{brand} {colour} {material} {kind} {rare} {chance.randint(1, 900)} ml".capitalize(),
        description=" ".join(chance.choices(words, k=40) + chance.choices(KINDS, k=20)),
        brand=brand,
        category=("Shop", f"Department {KINDS.index(kind) % 7}", kind.title()),
        price=price,
        currency="USD",
        discount_percentage=Decimal(number % 30),
        rating_average=Decimal(chance.randint(20, 50)) / 10,
        rating_count=chance.randint(0, 500),
        attributes={"material": material},
        image_urls=(f"https://shop.example/images/{number}.jpg",),
        variants=tuple(
            ImportedVariant(sku=f"S{number}-{size}", attributes={"size": size, "colour": colour})
            for size in SIZES
        ),
    )
