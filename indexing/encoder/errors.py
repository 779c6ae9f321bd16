"""The errors of an encoder.

EncoderError
  EncoderNotInstalled     the packages of the extra are missing
  EncoderUnusable         the folder isn't an encoder in Hugging Face's layout
  DownloadFailed          a file couldn't be downloaded
  ChecksumMismatch        a downloaded file isn't the one that was expected
"""

from pathlib import Path

from indexing.errors import SearchError


class EncoderError(SearchError):
    """The base class of encoder errors; `remedy` tells an operator what to do."""


class EncoderNotInstalled(EncoderError):
    """A package that runs encoders is not installed."""

    remedy = "Install the extra: pip install onnxruntime tokenizers usearch"

    def __init__(self, package: str) -> None:
        super().__init__(f"the package {package} is not installed, which encoders need")
        self.package = package


class EncoderUnusable(EncoderError):
    """A folder doesn't contain an encoder that can be run."""

    remedy = (
        "VITRINE_ENCODER must name a folder with model.onnx and tokenizer.json; "
        "download one with: python -m indexing.encoder fetch FOLDER"
    )

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(f"the encoder in {folder} can't be used: {problem}")
        self.folder = folder
        self.problem = problem


class DownloadFailed(EncoderError):
    """A file of an encoder couldn't be downloaded, or can't be stored."""

    remedy = "Nothing was stored; run the command again."

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class ChecksumMismatch(EncoderError):
    """A downloaded file has another checksum than the manifest says."""

    remedy = "Nothing was stored. Don't use this source, unless you know why its file differs."

    def __init__(self, source: str, *, expected: str, found: str) -> None:
        super().__init__(f"{source} has the SHA-256 {found}, expected {expected}")
        self.source = source
        self.expected = expected
        self.found = found
