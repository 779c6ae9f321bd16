"""Failures of tantivy."""
