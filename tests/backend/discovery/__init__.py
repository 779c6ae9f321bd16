"""Sitemaps, product feeds and structured data."""
