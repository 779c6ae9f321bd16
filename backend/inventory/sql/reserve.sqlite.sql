UPDATE catalog_variant
SET reserved = reserved + wanted.value
FROM json_each(%s) AS wanted
WHERE catalog_variant.id = CAST(wanted.key AS INTEGER) AND stock >= reserved + wanted.value
