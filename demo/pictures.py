"""Draw pictures for the products of the generated shop: one for each of their first colours."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tqdm import tqdm

from backend.audit.actors import Actor
from backend.catalog.images import files
from backend.catalog.images.bulk import StoredImage, insert_images
from backend.catalog.images.decoding import encoded_webp
from backend.catalog.models import Product
from demo.drawing.canvas import SIZE
from demo.drawing.shapes import colour_of, picture
from demo.plan import Plan
from demo.vocabulary import Vocabulary

CHUNK = 200
MAX_COLOURS = 3
COLOUR = "Colour"
# Drawings have few details, so fast encoding yields files as small as slow encoding.
EFFORT = 2


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture to draw: of a product, or of the first variant with a colour."""

    product_id: int
    variant_id: int | None
    position: int
    noun: str
    colour: str
    label: str
    alt: str


def store_pictures(vocabulary: Vocabulary, *, source: str, plan: Plan, by: Actor) -> int:
    """Draw and store pictures of the products of `source` without pictures; return how many."""
    products = Product.objects.filter(source=source, images=None).order_by("pk")
    drawings = list(_drawings(products.prefetch_related("variants"), vocabulary=vocabulary))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for chunk in _chunks(drawings):
            reserved = {drawing: files.reserve(drawing.product_id, now=plan.now) for drawing in chunk}
            insert_images(list(threads.map(_store, reserved, reserved.values())), by=by, now=plan.now)
    return len(drawings)


def _drawings(products: Iterable[Product], *, vocabulary: Vocabulary) -> Iterator[Drawing]:
    nouns = sorted({noun for leaf in vocabulary.leaves for noun in leaf.nouns}, key=len, reverse=True)
    for product in products:
        words, _, material = product.title.rpartition(", ")
        noun = next(noun for noun in nouns if words.endswith(f" {noun}"))
        first: dict[str, int | None] = {}
        for variant in product.variants.all():
            if COLOUR in variant.attributes:
                first.setdefault(variant.attributes[COLOUR], variant.pk)
        chosen = [*first.items()][:MAX_COLOURS] or [("", None)]
        for position, (colour, variant_id) in enumerate(chosen, start=1):
            yield Drawing(
                product_id=product.pk,
                variant_id=variant_id,
                position=position,
                noun=noun,
                colour=colour or f"{material} {product.brand} {noun}",
                label=f"{product.brand} {noun}",
                alt=f"{words} in {colour.lower()}" if colour else words,
            )


def _chunks(drawings: Sequence[Drawing]) -> Iterator[Sequence[Drawing]]:
    """Yield chunks of drawings; a chunk contains all drawings of a product or none."""
    with tqdm(total=len(drawings), desc="pictures", disable=None) as progress:
        start = 0
        while start < len(drawings):
            end = min(start + CHUNK, len(drawings))
            while end < len(drawings) and drawings[end].product_id == drawings[end - 1].product_id:
                end += 1
            yield drawings[start:end]
            progress.update(end - start)
            start = end


def _store(drawing: Drawing, file: str) -> StoredImage:
    image = picture(drawing.noun, colour=colour_of(drawing.colour), label=drawing.label)
    data = encoded_webp(image, effort=EFFORT)
    files.write(file, data)
    for size in files.sizes_of(width=SIZE, height=SIZE):
        small = image.resize((size, size))
        files.write(file, encoded_webp(small, effort=EFFORT), size=size)
    return StoredImage(
        product_id=drawing.product_id,
        variant_id=drawing.variant_id,
        position=drawing.position,
        alt=drawing.alt,
        width=SIZE,
        height=SIZE,
        # Two colours may look the same, but each is a separate image.
        digest=hashlib.sha256(f"{drawing.position} ".encode() + data).hexdigest(),
        file=file,
    )
