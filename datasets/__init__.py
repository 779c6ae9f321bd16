"""Converters of public data sets to the CSV formats that `import_catalog` and `import_orders` read.

They are part of the repository, but not of the Docker image. `datasets.formats` lists them.
"""
