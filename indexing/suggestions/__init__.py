"""Suggestions while a shopper types: queries, categories, brands and phrases of the catalogue."""
