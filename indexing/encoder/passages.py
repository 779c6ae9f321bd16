"""The passage of a product, which is encoded, and its digest, which says whether it changed."""

import hashlib

from indexing.document import ProductDocument
from indexing.text import plain

DIGEST_BYTES = 16


def passage(document: ProductDocument) -> str:
    """Return the text of a product that is encoded."""
    return " ".join(plain(document.title).split())


def digest(text: str) -> bytes:
    """Return a hash of a passage: a product whose passage is unchanged keeps its vector."""
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()
