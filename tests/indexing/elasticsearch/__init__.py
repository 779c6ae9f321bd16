"""Tests of failures of Elasticsearch."""
