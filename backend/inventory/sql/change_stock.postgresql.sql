UPDATE catalog_variant
SET stock = stock + change.value::integer
FROM json_each_text(%s::json) AS change
WHERE catalog_variant.id = change.key::bigint
