"""Runs an encoder: text to unit vectors, by mean pooling over the tokens of the last layer."""

import importlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from indexing.encoder.errors import EncoderNotInstalled, EncoderUnusable
from indexing.encoder.identity import EncoderIdentity
from indexing.encoder.layout import Layout, read_layout

Vectors = NDArray[np.float32]
"""One unit vector, or one for each row."""

PACKAGES = ("onnxruntime", "tokenizers", "usearch.index")
CACHED_QUERIES = 2_048
"""About three megabytes: a shop's frequent queries are few."""
LEAST_NORM = 1e-12


class TextEncoder(Protocol):
    """Encodes queries and passages so that the cosine says how well they go together."""

    @property
    def identity(self) -> EncoderIdentity:
        """Which encoder this is."""
        ...

    def query(self, text: str) -> Vectors:
        """Return the vector of a query."""
        ...

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each passage."""
        ...


class OnnxEncoder:
    """An encoder in Hugging Face's layout, run by ONNX Runtime. Threads may share it."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Load the encoder in `folder`; one call uses up to `threads` threads.

        Raises:
            EncoderNotInstalled: a package of the extra is missing.
            EncoderUnusable: the folder doesn't have an encoder.
        """
        for name in PACKAGES:
            _package(name)
        self._layout = read_layout(folder)
        self._tokenizer = _tokenizer(self._layout)
        self._session = _session(self._layout, threads=threads)
        self._inputs = {each.name for each in self._session.get_inputs()}
        self._cache: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()
        dimensions = self._probed("lamp").shape[-1]
        self.identity = EncoderIdentity(self._layout.checksum(), dimensions)

    def query(self, text: str) -> Vectors:
        """Return the vector of a query, whatever its case and spaces; those of recent queries are kept."""
        text = " ".join(text.casefold().split())
        with self._lock:
            if text in self._cache:
                self._cache.move_to_end(text)
                return self._cache[text]
        vector: Vectors = self._encode([self._layout.query_prefix + text])[0]
        vector.flags.writeable = False
        with self._lock:
            self._cache[text] = vector
            while len(self._cache) > CACHED_QUERIES:
                self._cache.popitem(last=False)
        return vector

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each passage, which depends on its text alone.

        Encoding several together would be a tenth faster. But an 8-bit model scales its numbers by the
        largest of a batch, so vectors would differ with the other passages.
        """
        result = np.zeros((len(texts), self.identity.dimensions), np.float32)
        for place, text in enumerate(texts):
            result[place] = self._encode([self._layout.passage_prefix + text])[0]
        return result

    def _probed(self, text: str) -> Vectors:
        """Return the vector of `text`, to see whether the model works at all."""
        try:
            probed: Vectors = self._encode([text])[0]
        except Exception as error:  # ONNX Runtime's errors have no common class
            raise EncoderUnusable(self._layout.folder, f"it can't encode: {error}") from error
        return probed

    def _encode(self, texts: Sequence[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch(list(texts))
        mask = np.array([each.attention_mask for each in encoded], np.int64)
        given = {
            "input_ids": np.array([each.ids for each in encoded], np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        inputs = {name: value for name, value in given.items() if name in self._inputs}
        hidden: Vectors = self._session.run(None, inputs)[0]
        weights = mask[:, :, None].astype(np.float32)
        means = (hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1.0)
        norms = np.linalg.norm(means, axis=1, keepdims=True)
        unit: Vectors = (means / np.maximum(norms, LEAST_NORM)).astype(np.float32)
        return unit


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise EncoderNotInstalled(name) from error


def _tokenizer(layout: Layout) -> Any:
    tokenizers = _package("tokenizers")
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(layout.tokenizer))
    except Exception as error:  # the library raises Exception itself
        raise EncoderUnusable(layout.folder, f"tokenizer.json: {error}") from error
    tokenizer.enable_truncation(layout.max_tokens)
    tokenizer.enable_padding()
    return tokenizer


def _session(layout: Layout, *, threads: int) -> Any:
    runtime = _package("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return runtime.InferenceSession(str(layout.model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors have no common class
        raise EncoderUnusable(layout.folder, f"{layout.model.name}: {error}") from error
