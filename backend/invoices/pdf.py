"""Converts HTML pages to PDFs, each in a process of its own; their number and their time are limited."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from backend.invoices.errors import PdfBusy, PdfNotAvailable, PdfTooSlow
from backend.invoices.pdf_process import NOT_INSTALLED

COMMAND = (sys.executable, "-m", "backend.invoices.pdf_process")
AT_ONCE = 2
"""The maximum number of conversions that one web process runs at once."""
WAIT_SECONDS = 3.0
RUN_SECONDS = 15.0
"""The maximum time of a conversion; with the wait, it is less than the deadline of a request."""
_ROOT = Path(__file__).parent.parent.parent
# The process gets no other variables, in particular no secrets.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "HOME", "XDG_CACHE_HOME", "LANG")

_places = threading.BoundedSemaphore(AT_ONCE)


def pdf_of_html(page: str, *, run_seconds: float = RUN_SECONDS) -> bytes:
    """Return the page as a PDF.

    Raises:
        PdfNotAvailable: WeasyPrint or Pango is not installed.
        PdfBusy: too many conversions run already.
        PdfTooSlow: the conversion took too long, and was ended.
    """
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise PdfBusy
    try:
        return _converted(page.encode(), run_seconds=run_seconds)
    finally:
        _places.release()


def _converted(page: bytes, *, run_seconds: float) -> bytes:
    environ = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    try:
        done = subprocess.run(
            COMMAND, input=page, capture_output=True, cwd=_ROOT, env=environ, timeout=run_seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise PdfTooSlow from error
    if done.returncode == NOT_INSTALLED:
        raise PdfNotAvailable
    if done.returncode != 0:
        raise RuntimeError(f"a PDF could not be made: {done.stderr.decode(errors='replace')[-2_000:]}")
    return done.stdout
