UPDATE catalog_variant
SET stock = stock + change.value
FROM json_each(%s) AS change
WHERE catalog_variant.id = CAST(change.key AS INTEGER)
