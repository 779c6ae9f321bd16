"""Cells of CSV files, as every export and import of the shop writes and reads them."""
