"""Uploaded images of products: checking and encoding, files, the rows, thumbnails, and how they are shown."""
