"""An encoder maps texts of the same meaning to close unit vectors."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from indexing.encoder.errors import EncoderUnusable
from indexing.encoder.layout import MAX_TOKENS, read_layout
from indexing.encoder.model import OnnxEncoder
from indexing.encoder.passages import MAX_WORDS, digest, passage
from indexing.encoder.settings import EncoderSettings, EncoderSettingsError
from tests.indexing.builders import product


@pytest.fixture(scope="module")
def tiny(tiny_encoder_files: Path) -> OnnxEncoder:
    return OnnxEncoder(tiny_encoder_files)


def test_words_that_mean_the_same_are_close(tiny: OnnxEncoder) -> None:
    query = tiny.query("red sneakers")
    alike, different = tiny.passages(["crimson trainers", "kettle"])
    assert query @ alike > 0.99
    assert query @ different < 0.5


def test_vectors_have_unit_length_and_are_independent_of_their_batch(tiny: OnnxEncoder) -> None:
    texts = [f"lamp {'table ' * (number % 5)}{number}" for number in range(70)] + [""]
    together = tiny.passages(texts)
    assert together.shape == (71, tiny.identity.dimensions)
    assert np.allclose(np.linalg.norm(together[:-1], axis=1), 1.0, atol=1e-5)
    alone = np.concatenate([tiny.passages([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-6)


def test_a_repeated_query_is_answered_from_the_cache(tiny: OnnxEncoder) -> None:
    first = tiny.query("couch")
    assert tiny.query("couch") is first
    assert tiny.query(" Couch  ") is first
    assert not first.flags.writeable


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("tokenizer.json", None),
        ("config_sentence_transformers.json", {"prompts": {"query": "find: "}}),
        ("sentence_bert_config.json", {"max_seq_length": 7}),
    ],
)
def test_the_identity_changes_with_whatever_changes_vectors(
    folder: Path, tiny: OnnxEncoder, file: str, content: object
) -> None:
    assert OnnxEncoder(folder).identity == tiny.identity
    path = folder / file
    path.write_text(path.read_text() + " " if content is None else json.dumps(content))
    assert OnnxEncoder(folder).identity != tiny.identity


@pytest.mark.parametrize(
    ("files", "query", "passages", "tokens"),
    [
        ({}, "query: ", "passage: ", MAX_TOKENS),
        ({"config_sentence_transformers.json": {"__version__": {}}}, "", "", MAX_TOKENS),
        (
            {
                "config_sentence_transformers.json": {"prompts": {"query": "q: ", "document": "d: "}},
                "sentence_bert_config.json": {"max_seq_length": 64},
                "tokenizer_config.json": {"model_max_length": 512},
            },
            "q: ",
            "d: ",
            64,
        ),
        ({"tokenizer_config.json": {"model_max_length": 1e30}}, "query: ", "passage: ", MAX_TOKENS),
    ],
)
def test_prefixes_and_length_come_from_the_configuration(
    folder: Path, files: dict[str, object], query: str, passages: str, tokens: int
) -> None:
    (folder / "config_sentence_transformers.json").unlink()
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    layout = read_layout(folder)
    assert (layout.query_prefix, layout.passage_prefix, layout.max_tokens) == (query, passages, tokens)


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("model.onnx", None, "no model.onnx"),
        ("tokenizer.json", None, "no tokenizer.json"),
        ("model.onnx", "not a model", "model.onnx"),
        ("tokenizer.json", "{}", "tokenizer.json"),
        ("config_sentence_transformers.json", "[]", "not a JSON object"),
        ("config_sentence_transformers.json", '{"prompts": 3}', "prompts"),
        ("sentence_bert_config.json", '{"max_seq_length": 0}', "maximum length is 0"),
        ("1_Pooling/config.json", '{"pooling_mode_cls_token": true}', "pooling_mode_cls_token"),
    ],
)
def test_a_wrong_folder_is_refused_with_what_is_wrong(
    folder: Path, file: str, content: str | None, problem: str
) -> None:
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_text(content)
    with pytest.raises(EncoderUnusable, match=problem):
        OnnxEncoder(folder)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnusable, match="no such folder"):
        OnnxEncoder(tmp_path / "missing")


def test_settings_come_from_the_environment() -> None:
    assert EncoderSettings.from_env({}) is None
    given = EncoderSettings.from_env({"VITRINE_ENCODER": "/models/e5", "VITRINE_ENCODER_THREADS": "2"})
    assert given == EncoderSettings(folder=Path("/models/e5"), threads=2)
    for wrong in ("0", "-1", "two", "65"):
        with pytest.raises(EncoderSettingsError, match="VITRINE_ENCODER_THREADS"):
            EncoderSettings.from_env({"VITRINE_ENCODER": "x", "VITRINE_ENCODER_THREADS": wrong})


def test_the_digest_depends_on_the_passage_only() -> None:
    cheap, dear = product(1, "Red <b>lamp</b>", price="1.00"), product(2, "Red  lamp", price="9.00")
    assert passage(cheap) == "Red lamp"
    assert digest(passage(cheap)) == digest(passage(dear)) != digest(passage(product(1, "Blue lamp")))


def test_a_passage_begins_with_the_title_and_ends_within_the_description() -> None:
    described = product(1, "Red lamp", description="<p>Of brass,\n with a shade.</p>")
    assert passage(described) == "Red lamp. Of brass, with a shade."
    long = passage(product(1, "Red lamp", description="bright " * 100))
    assert long == " ".join(["Red", "lamp.", *["bright"] * (MAX_WORDS - 2)])


@pytest.fixture(scope="module")
def published() -> OnnxEncoder:
    return OnnxEncoder(Path(os.environ["TEST_MODELS_DIR"]) / "e5-small-v2-int8")


@pytest.mark.models
def test_a_vector_of_an_8_bit_model_does_not_depend_on_other_passages(published: OnnxEncoder) -> None:
    titles = ["Oak table", "A very long title of a lamp with a shade of linen, 40 x 60 cm, 230 V", "Mug"]
    assert np.array_equal(published.passages(titles)[2], published.passages(["Mug"])[0])


@pytest.mark.models
def test_the_published_encoder_finds_what_shares_no_word(published: OnnxEncoder) -> None:
    assert published.identity.dimensions == 384
    titles = ["Running shoes for men", "Cast iron pot", "Desk lamp of brass"]
    cosines = published.passages(titles) @ published.query("sneakers")
    assert int(np.argmax(cosines)) == 0


def test_without_an_encoder_its_packages_are_not_imported(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from indexing.engine import PutDocument
from indexing.request import SearchRequest
from indexing.settings import SearchSettings, open_engine
from tests.indexing.builders import NOW, product

engine = open_engine(SearchSettings.from_env({{"VITRINE_HOME": {str(tmp_path)!r}}}))
generation = engine.create(now=NOW).name
engine.write(generation, [PutDocument(product(1, "Lamp"), 1)], now=NOW)
engine.swap(generation)
assert engine.search(SearchRequest(text="lamp")).count == 1
engine.close()
print(sorted({{"onnxruntime", "tokenizers", "usearch", "indexing.encoder.model"}} & sys.modules.keys()))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
