"""Reads an HTML page from the standard input and writes it as a PDF to the standard output.

`pdf.py` runs it as a process of its own, without Django. No URL in the page is fetched, whatever its scheme.
"""

import os
import resource
import sys

MEMORY_BYTES = 1_500_000_000
NOT_INSTALLED = 3
"""The exit code if WeasyPrint, or the library Pango, is not installed."""


def main() -> int:
    """Convert the page with limited memory, and return the exit code."""
    # Web processes, which respond to requests, have a higher priority.
    os.nice(5)
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    page = sys.stdin.buffer.read().decode()
    try:
        import weasyprint  # noqa: F401, PLC0415
    except (ImportError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return NOT_INSTALLED
    sys.stdout.buffer.write(pdf_of(page))
    return 0


def pdf_of(page: str) -> bytes:
    """Return the page as a PDF."""
    from weasyprint import HTML  # noqa: PLC0415 - optional
    from weasyprint.urls import URLFetcher  # noqa: PLC0415 - optional

    class RefusingFetcher(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: object = None) -> object:
            raise ValueError(f"not fetched, because documents refer to nothing: {url[:100]}")

    return bytes(HTML(string=page, base_url="about:invalid", url_fetcher=RefusingFetcher()).write_pdf())


if __name__ == "__main__":
    sys.exit(main())
