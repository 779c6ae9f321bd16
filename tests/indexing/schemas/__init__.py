"""Frozen files of each schema version, written when the version was current.

`elasticsearch-N.json` is the definition of an index, `tantivy-N.json` the fields of a folder, and `document-N.json`
one product as the release that introduced version N indexed it. Tests create indexes of older versions from these
files, never with the code under test.
"""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch
from msgspec.structs import replace

from indexing.document import ProductDocument
from tests.indexing.builders import category, product, variant

FOLDER = Path(__file__).parent


def frozen(name: str) -> Any:
    """Return the content of a frozen file."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def lamp() -> ProductDocument:
    """Return the product of the files `document-N.json`; unlike in a shop, its variants have other prices."""
    consistent = lantern()
    price = Decimal(10)
    variants = tuple(replace(each, price=price, sale_price=price) for each in consistent.variants)
    return replace(consistent, variants=variants)


def lantern() -> ProductDocument:
    """Return a product with all kinds of properties."""
    return product(
        7,
        "Brass lantern & <b>hook</b>",
        price="19.99",
        description="For the garden.",
        brand="Lumen & Co",
        categories=category("Home > Lamps"),
        rating_average=Decimal("4.50"),
        rating_count=3,
        popularity=12,
        featured_product=True,
        attributes={"material": "brass"},
        variants=(variant(71, size="M"), variant(72, size="L", available=0)),
        image_urls=("https://example.org/a.jpg",),
    )


def create_elasticsearch(url: str, *, prefix: str, version: int, now: datetime) -> str:
    """Create a serving index as the release of this schema version did; return its name."""
    definition = frozen(f"elasticsearch-{version}")
    definition["mappings"]["_meta"] = {"version": version, "created_at": now.isoformat()}
    name = f"{prefix}-products-{now:%Y%m%d-%H%M%S%f}"
    with Elasticsearch(url) as client:
        client.indices.create(index=name, aliases={f"{prefix}-products": {}}, **definition)
    return name


def create_tantivy(home: Path, *, version: int, now: datetime) -> str:
    """Create a serving folder as the release of this schema version did; return its name."""
    name = f"products-{now:%Y%m%d-%H%M%S%f}"
    index = home / name / "index"
    index.mkdir(parents=True)
    empty = {
        "index_settings": {"docstore_compression": "lz4", "docstore_blocksize": 16384},
        "segments": [],
        "schema": frozen(f"tantivy-{version}"),
        "opstamp": 0,
    }
    (index / "meta.json").write_text(json.dumps(empty))
    description = {"version": version, "created_at": now.isoformat()}
    (home / name / "generation.json").write_text(json.dumps(description))
    (home / "serving.json").write_text(json.dumps({"serving": name, "standby": None}))
    return name
