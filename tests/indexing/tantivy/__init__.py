"""Tests of failures of tantivy."""
