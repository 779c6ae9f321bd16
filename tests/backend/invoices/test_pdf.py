"""PDFs: pages, sizes and scripts, and that nothing is ever fetched."""

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from backend.invoices import pdf
from backend.invoices.errors import PdfBusy, PdfNotAvailable, PdfTooSlow
from backend.invoices.pdf import pdf_of_html


def text_of(document: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(document)).pages)


@pytest.fixture
def requested() -> Iterator[tuple[str, list[str]]]:
    """A server's URL, and the paths that were requested."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.pango
def test_no_url_is_fetched_even_from_markup_that_is_not_escaped(
    requested: tuple[str, list[str]], tmp_path: Path
) -> None:
    url, paths = requested
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP-SECRET")
    style = tmp_path / "style.css"
    style.write_text("p::after { content: 'STYLED-BY-FILE' }")
    data = "data:text/css,p::before{content:'STYLED-BY-DATA'}"
    page = f"""
        <html><head>
        <base href="{url}/base/">
        <link rel="stylesheet" href="{url}/style.css"><link rel="stylesheet" href="{style.as_uri()}">
        <link rel="stylesheet" href="{data}"><link rel="attachment" href="{secret.as_uri()}">
        <style>@import url({url}/import.css); @font-face {{ font-family: F; src: url({url}/font) }}
        p {{ background: url({url}/background); font-family: F; list-style-image: url({url}/list) }}</style>
        </head><body><p>Printed</p>
        <img src="{url}/image"><img src="relative"><img src="{secret.as_uri()}">
        <object data="{url}/object"></object><embed src="{secret.as_uri()}">
        <iframe src="{url}/frame"></iframe>
        <svg xmlns="http://www.w3.org/2000/svg"><image href="{url}/svg"/><use href="{url}/use#x"/></svg>
        <a rel="attachment" href="{secret.as_uri()}">link</a>
        </body></html>"""

    document = pdf_of_html(page)

    text = text_of(document)
    assert "Printed" in text
    assert paths == []
    assert not {"TOP-SECRET", "STYLED-BY-FILE", "STYLED-BY-DATA"} & set(text.split())
    reader = PdfReader(BytesIO(document))
    assert dict(reader.attachments) == {}
    assert b"TOP-SECRET" not in document


def test_the_process_gets_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret")
    monkeypatch.setattr(pdf, "COMMAND", (sys.executable, "-c", "import os; print(sorted(os.environ))"))

    names = pdf_of_html("<p>").decode()

    assert "PATH" in names
    assert "SECRET_KEY" not in names
    assert "DJANGO_SETTINGS_MODULE" not in names


def test_a_conversion_that_takes_too_long_is_ended() -> None:
    with pytest.raises(PdfTooSlow):
        pdf_of_html("<p>", run_seconds=0.01)


def test_a_conversion_that_fails_is_an_error_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "COMMAND", (sys.executable, "-c", "raise MemoryError('too long')"))
    with pytest.raises(RuntimeError, match="MemoryError: too long"):
        pdf_of_html("<p>")


def test_more_conversions_than_places_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(pdf, "_places", places)
    monkeypatch.setattr(pdf, "WAIT_SECONDS", 0.01)
    with places, pytest.raises(PdfBusy):
        pdf_of_html("<p>")
    monkeypatch.setattr(pdf, "COMMAND", (sys.executable, "-c", "print('made')"))
    assert [pdf_of_html("<p>"), pdf_of_html("<p>")] == [b"made\n"] * 2, "a place is freed after each"


def test_without_pango_a_pdf_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # A module of the same name, which fails to import as the real one does without Pango.
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library')")
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from backend.invoices.pdf_process import main
sys.exit(main())
"""
    monkeypatch.setattr(pdf, "COMMAND", (sys.executable, "-c", program))

    with pytest.raises(PdfNotAvailable):
        pdf_of_html("<p>")
