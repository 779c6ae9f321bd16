"""Failures of Elasticsearch."""
