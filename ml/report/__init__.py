"""The report of a version: one self-contained HTML page."""

from ml.report.page import page

__all__ = ["page"]
