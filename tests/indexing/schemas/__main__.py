"""Write the frozen files of the current schema version: `python -m tests.indexing.schemas`.

Only for a version that no release has: the files of a released version never change.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from tantivy import Index

from indexing.elasticsearch.mapping import definition, indexed
from indexing.schema import CURRENT, VERSION
from indexing.tantivy.schema import build_schema
from tests.indexing.builders import NOW
from tests.indexing.schemas import FOLDER, lamp


def freeze() -> None:
    """Write `elasticsearch-N.json`, `tantivy-N.json` and `document-N.json` of the current version N."""
    described = definition(created_at=NOW)
    described["mappings"].pop("_meta")
    _write(f"elasticsearch-{VERSION}", described)
    with tempfile.TemporaryDirectory() as folder:
        Index(build_schema(), folder)
        _write(f"tantivy-{VERSION}", json.loads((Path(folder) / "meta.json").read_text())["schema"])
    _write(f"document-{VERSION}", indexed(lamp(), schema=CURRENT))


def _write(name: str, content: Any) -> None:
    (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    freeze()
