"""`python -m indexing.encoder` downloads and checks an encoder."""

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from indexing.encoder.__main__ import main
from indexing.encoder.errors import ChecksumMismatch, DownloadFailed
from indexing.encoder.fetching import PUBLISHED, Manifest, ManifestFile, fetch, read_manifest


class Handler(BaseHTTPRequestHandler):
    """Sends files of `files`; a path that ends with /cut ends in the middle, /moved redirects without encryption."""

    files: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        name, _, fault = self.path.strip("/").partition("/")
        if fault == "moved":
            self.send_response(302)
            self.send_header("Location", "http://example.com/model.onnx")
            self.end_headers()
            return
        content = self.files.get(name)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if fault == "cut" else content)

    def log_message(self, *arguments: object) -> None:
        """Write no log."""


@pytest.fixture(scope="module")
def address(tiny_encoder_files: Path) -> Iterator[str]:
    Handler.files = {file.name: file.read_bytes() for file in tiny_encoder_files.iterdir()}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def manifest(address: str) -> Manifest:
    return Manifest(
        name="tiny",
        files=tuple(
            ManifestFile(
                path=name,
                url=f"{address}/{name}",
                bytes=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            )
            for name, content in sorted(Handler.files.items())
        ),
    )


def written(manifest: Manifest, path: Path) -> Path:
    files = [{name: getattr(file, name) for name in file.__struct_fields__} for file in manifest.files]
    path.write_text(json.dumps({"name": manifest.name, "files": files}))
    return path


def altered(manifest: Manifest, **fields: object) -> Manifest:
    """The manifest with another last file."""
    *others, last = manifest.files
    changed = {name: getattr(last, name) for name in last.__struct_fields__} | fields
    return Manifest(name=manifest.name, files=(*others, ManifestFile(**changed)))


def test_a_downloaded_encoder_works(
    manifest: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VITRINE_ENCODER", raising=False)
    (tmp_path / ".encoder.0.partial").mkdir()
    folder = tmp_path / "encoder"
    described = written(manifest, tmp_path / "manifest.json")
    assert main(["fetch", str(folder), "--manifest", str(described)]) == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["encoder", "manifest.json"]
    assert main(["fetch", str(folder), "--manifest", str(described)]) == 0
    assert "already in" in capsys.readouterr().out
    assert main(["check", str(folder)]) == 0
    assert "dimensions  8" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"sha256": "0" * 64}, ChecksumMismatch, "expected 0000"),
        ({"bytes": 10}, DownloadFailed, "received more"),
        ({"bytes": 10_000_000}, DownloadFailed, "expected 10,000,000 bytes"),
        ({"url": "/missing"}, DownloadFailed, "404"),
        ({"url": "/model.onnx/cut"}, DownloadFailed, "expected"),
        ({"url": "/model.onnx/moved"}, DownloadFailed, "https"),
    ],
)
def test_a_failed_download_stores_nothing(
    manifest: Manifest,
    address: str,
    tmp_path: Path,
    fields: dict[str, str | int],
    error: type[Exception],
    message: str,
) -> None:
    if "url" in fields:
        fields = {**fields, "url": address + str(fields["url"])}
    with pytest.raises(error, match=message):
        fetch(altered(manifest, **fields), tmp_path / "encoder")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_not_overwritten(manifest: Manifest, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_text("mine")
    with pytest.raises(DownloadFailed, match="other files"):
        fetch(manifest, tmp_path)
    assert (tmp_path / "model.onnx").read_text() == "mine"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": "http://example.com/x"}, "https"),
        ({"url": "file:///etc/passwd"}, "https"),
        ({"path": "../x"}, "outside"),
        ({"path": "/x"}, "outside"),
        ({"bytes": "many"}, "not a manifest"),
    ],
)
def test_an_unsafe_manifest_is_refused(
    manifest: Manifest, tmp_path: Path, fields: dict[str, object], message: str
) -> None:
    with pytest.raises(DownloadFailed, match=message):
        read_manifest(written(altered(manifest, **fields), tmp_path / "manifest.json"))


def test_the_default_manifest_is_usable() -> None:
    assert {file.path for file in read_manifest(PUBLISHED).files} == {"model.onnx", "tokenizer.json"}


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "VITRINE_ENCODER is not set"),
        ({"VITRINE_ENCODER": "missing"}, "fetch FOLDER"),
        ({"VITRINE_ENCODER": "x", "VITRINE_ENCODER_THREADS": "0"}, "VITRINE_ENCODER_THREADS"),
    ],
)
def test_check_says_what_is_missing(
    variables: dict[str, str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("VITRINE_ENCODER", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert main(["check"]) == 1
    assert message in capsys.readouterr().err
