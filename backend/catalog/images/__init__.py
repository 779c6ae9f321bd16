"""Uploaded images of products: validation and encoding, files, rows, thumbnails, and their representation."""
