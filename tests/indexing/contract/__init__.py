"""The contract of search engines, tested on each engine."""
