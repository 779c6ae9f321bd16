UPDATE catalog_variant
SET reserved = reserved + wanted.value::integer
FROM json_each_text(%s::json) AS wanted
WHERE catalog_variant.id = wanted.key::bigint AND stock >= reserved + wanted.value::integer
