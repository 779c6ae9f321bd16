"""The contract of search engines, run on each of them."""
