"""The passage of a product, which is encoded, and its digest, which says whether it changed."""

import hashlib

from indexing.document import ProductDocument
from indexing.text import plain

DIGEST_BYTES = 16
MAX_WORDS = 70
"""Of a passage: the title, and the beginning of the description, which says what the product is."""


def passage(document: ProductDocument) -> str:
    """Return the text of a product that is encoded."""
    title, description = (" ".join(plain(text).split()) for text in (document.title, document.description))
    if not description:
        return title
    return " ".join(f"{title}. {description}".split(" ")[:MAX_WORDS])


def digest(text: str) -> bytes:
    """Return a hash of a passage: a product whose passage is unchanged keeps its vector."""
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()
