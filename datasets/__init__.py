"""Convert public data sets to the CSV formats that `import_catalog` and `import_orders` read.

This package is not part of the Docker image. `datasets.formats` lists the converters.
"""
