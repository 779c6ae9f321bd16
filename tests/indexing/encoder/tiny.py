"""A tiny encoder in Hugging Face's layout: words that mean the same have the same vector."""

import json
from pathlib import Path
from typing import Any

import numpy as np

MEANINGS = (
    ("unknown",),
    ("sneakers", "trainers", "shoes"),
    ("sofa", "couch"),
    ("lamp", "light"),
    ("mug", "cup"),
    ("red", "crimson"),
    ("kettle",),
    ("table", "desk"),
)
DIMENSIONS = 8


def write_tiny_encoder(folder: Path) -> Path:
    """Write an encoder whose token vectors are looked up in a table; return its folder."""
    from onnx import TensorProto, helper, numpy_helper, save

    folder.mkdir(parents=True, exist_ok=True)
    words = {word: number for number, word in enumerate(["[UNK]", "[PAD]", *sum(MEANINGS[1:], ())])}
    table = np.full((len(words), DIMENSIONS), 0.02, np.float32)
    for axis, group in enumerate(MEANINGS[1:], start=1):
        for word in group:
            table[words[word], axis] = 1.0
    table[0, 0] = 0.2
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"], axis=0)],
        "tiny",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
            for name in ("input_ids", "attention_mask")
        ],
        [
            helper.make_tensor_value_info(
                "last_hidden_state", TensorProto.FLOAT, ["batch", "length", DIMENSIONS]
            )
        ],
        [numpy_helper.from_array(table, "table")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    save(model, str(folder / "model.onnx"))
    tokenizer: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": {}}))
    return folder
