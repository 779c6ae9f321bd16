"""Reads an encoder's folder, which has Hugging Face's layout.

model.onnx (or onnx/model.onnx)           required
tokenizer.json                            required
config_sentence_transformers.json         prompts: what precedes queries and passages
sentence_bert_config.json                 max_seq_length
tokenizer_config.json                     model_max_length, if the file above has no length
1_Pooling/config.json                     must not ask for another pooling than the mean
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexing.encoder.errors import EncoderUnusable

MODELS = ("model.onnx", "onnx/model.onnx")
TOKENIZER = "tokenizer.json"
PROMPTS = "config_sentence_transformers.json"
LENGTH = "sentence_bert_config.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
POOLING = "1_Pooling/config.json"

DEFAULT_QUERY_PREFIX = "query: "
DEFAULT_PASSAGE_PREFIX = "passage: "
"""Of the E5 family, whose folders have no prompts; a folder with a file of prompts has its own, or none."""
MAX_TOKENS = 128
"""Of a query or passage, at most: its beginning says most about a product, and long texts take longer."""
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Layout:
    """An encoder's files and the parameters that its configuration has."""

    folder: Path
    model: Path
    tokenizer: Path
    query_prefix: str
    passage_prefix: str
    max_tokens: int

    def checksum(self) -> str:
        """Return the SHA-256 of everything on which a vector depends, in hexadecimal."""
        digest = hashlib.sha256()
        for path in (self.model, self.tokenizer):
            digest.update(file_checksum(path).encode())
        parameters = (self.query_prefix, self.passage_prefix, self.max_tokens)
        digest.update(json.dumps(parameters).encode())
        return digest.hexdigest()


def read_layout(folder: Path) -> Layout:
    """Return the files and parameters of the encoder in `folder`.

    Raises:
        EncoderUnusable: a file is missing or damaged, or the encoder isn't one that uses the mean.
    """
    if not folder.is_dir():
        raise EncoderUnusable(folder, "there is no such folder")
    model = next((folder / name for name in MODELS if (folder / name).is_file()), None)
    missing = [MODELS[0]] if model is None else []
    missing += [] if (folder / TOKENIZER).is_file() else [TOKENIZER]
    if model is None or missing:
        raise EncoderUnusable(folder, f"it has no {' and no '.join(missing)}")
    _require_mean_pooling(folder)
    query_prefix, passage_prefix = _prefixes(folder)
    return Layout(
        folder=folder,
        model=model,
        tokenizer=folder / TOKENIZER,
        query_prefix=query_prefix,
        passage_prefix=passage_prefix,
        max_tokens=_max_tokens(folder),
    )


def file_checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _prefixes(folder: Path) -> tuple[str, str]:
    configured = _read(folder, PROMPTS)
    if configured is None:
        return DEFAULT_QUERY_PREFIX, DEFAULT_PASSAGE_PREFIX
    prompts = configured.get("prompts") or {}
    if not isinstance(prompts, dict):
        raise EncoderUnusable(folder, f"{PROMPTS}: prompts is not an object")
    passage = prompts.get("passage", prompts.get("document", ""))
    return str(prompts.get("query", "")), str(passage)


def _max_tokens(folder: Path) -> int:
    lengths = [
        (_read(folder, name) or {}).get(key)
        for name, key in ((LENGTH, "max_seq_length"), (TOKENIZER_CONFIG, "model_max_length"))
    ]
    length = next((each for each in lengths if each is not None), MAX_TOKENS)
    if isinstance(length, bool) or not isinstance(length, int | float) or length < 1:
        raise EncoderUnusable(folder, f"its maximum length is {length!r}, expected a positive number")
    # Some folders have 1e30, which means that the tokenizer has no limit.
    return int(min(length, MAX_TOKENS))


def _require_mean_pooling(folder: Path) -> None:
    pooling = _read(folder, POOLING) or {"pooling_mode_mean_tokens": True}
    modes = sorted(
        name for name, value in pooling.items() if name.startswith("pooling_mode_") and value is True
    )
    if modes != ["pooling_mode_mean_tokens"]:
        raise EncoderUnusable(folder, f"{POOLING} asks for {', '.join(modes) or 'nothing'}, not for the mean")


def _read(folder: Path, name: str) -> Mapping[str, Any] | None:
    """Return the object in a configuration file; None if there is no such file."""
    path = folder / name
    if not path.is_file():
        return None
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderUnusable(folder, f"{name}: {error}") from error
    if not isinstance(read, dict):
        raise EncoderUnusable(folder, f"{name} is not a JSON object")
    return read
