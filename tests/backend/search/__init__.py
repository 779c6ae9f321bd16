"""Tests of search over HTTP, and of how changes reach the index."""
