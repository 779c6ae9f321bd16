"""Downloads an encoder: either all its files with the checksums of a manifest, or nothing."""

import hashlib
import os
import secrets
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, BinaryIO
from urllib.parse import urlsplit

import msgspec

from indexing.encoder.errors import ChecksumMismatch, DownloadFailed
from indexing.encoder.layout import CHUNK, file_checksum

PUBLISHED = Path(__file__).with_name("published.json")
"""The manifest of the encoder that `fetch` downloads by default."""
SECONDS = 30.0
"""Without a byte received, after which a download has failed."""
LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))

Progress = Callable[[int], object]


class ManifestFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an encoder, and where it comes from."""

    path: str
    """In the encoder's folder."""
    url: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The files of an encoder with their checksums."""

    name: str
    files: tuple[ManifestFile, ...]


def read_manifest(path: Path = PUBLISHED) -> Manifest:
    """Return the manifest in a file.

    Raises:
        DownloadFailed: it can't be read, or names a file outside the folder or an address that isn't https.
    """
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise DownloadFailed(str(path), f"not a manifest: {error}") from error
    for file in manifest.files:
        inside = Path(file.path)
        if inside.is_absolute() or ".." in inside.parts or not inside.parts:
            raise DownloadFailed(str(path), f"the path {file.path!r} is outside the folder")
        _require_encrypted(file.url)
    return manifest


def fetch(manifest: Manifest, folder: Path, *, progress: Progress = lambda count: None) -> bool:
    """Download the files of `manifest` to `folder`; return False if they are there already.

    The folder appears when all files are complete. `progress` is called with the size of each part.

    Raises:
        DownloadFailed: a file can't be downloaded, or the folder has other files.
        ChecksumMismatch: a file isn't the one of the manifest.
    """
    folder = folder.absolute()
    if folder.exists():
        if _is_complete(manifest, folder):
            return False
        raise DownloadFailed(str(folder), "it exists and has other files; delete it or choose another folder")
    try:
        _delete_interrupted(folder)
        hidden = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.partial")
        hidden.mkdir(parents=True)
        try:
            for file in manifest.files:
                _download(file, hidden / file.path, progress=progress)
            hidden.rename(folder)
        finally:
            shutil.rmtree(hidden, ignore_errors=True)
    except OSError as error:
        raise DownloadFailed(str(folder), str(error)) from error
    return True


def _is_complete(manifest: Manifest, folder: Path) -> bool:
    return all(
        (folder / file.path).is_file() and file_checksum(folder / file.path) == file.sha256
        for file in manifest.files
    )


def _delete_interrupted(folder: Path) -> None:
    """Delete what downloads left that were killed."""
    for left in folder.parent.glob(f".{folder.name}.*.partial"):
        shutil.rmtree(left, ignore_errors=True)


def _download(file: ManifestFile, target: Path, *, progress: Progress) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _OPENER.open(file.url, timeout=SECONDS) as response, target.open("wb") as stored:
            found = _copy(response, stored, file=file, progress=progress)
    except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
        raise DownloadFailed(file.url, str(error)) from error
    if found != file.sha256:
        raise ChecksumMismatch(file.url, expected=file.sha256, found=found)


def _copy(response: BinaryIO, stored: BinaryIO, *, file: ManifestFile, progress: Progress) -> str:
    """Store a response durably; return its checksum.

    Raises:
        DownloadFailed: it has another size than the manifest says.
    """
    digest, size = hashlib.sha256(), 0
    while chunk := response.read(CHUNK):
        size += len(chunk)
        if size > file.bytes:
            break
        digest.update(chunk)
        stored.write(chunk)
        progress(len(chunk))
    if size != file.bytes:
        more = "more" if size > file.bytes else f"{size:,}"
        raise DownloadFailed(file.url, f"expected {file.bytes:,} bytes, received {more}")
    stored.flush()
    os.fsync(stored.fileno())
    return digest.hexdigest()


def _require_encrypted(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise DownloadFailed(url, "the address must begin with https://")


class _EncryptedRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but not to an address without encryption."""

    def redirect_request(  # noqa: PLR0917 (the library's signature)
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the request for the new address."""
        _require_encrypted(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = urllib.request.build_opener(_EncryptedRedirects)
