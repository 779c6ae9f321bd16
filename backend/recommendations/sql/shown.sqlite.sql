WITH asked AS MATERIALIZED (
    SELECT
        doc,
        json_extract(doc, '$.user') AS user_id,
        json_extract(doc, '$.guest') AS guest,
        json_extract(doc, '$.page') AS page,
        json_extract(doc, '$.bought_too') AS bought_too
    FROM (SELECT %s AS doc)
), hidden AS MATERIALIZED (
    {hidden}
), wanted AS MATERIALIZED (
    {wanted}
), stocked AS MATERIALIZED (
    SELECT variant.product_id, COUNT(*) AS variants, SUM(variant.stock - variant.reserved) AS units
    FROM catalog_variant AS variant
    WHERE variant.product_id IN (SELECT id FROM wanted) AND variant.is_active
    GROUP BY variant.product_id
)
SELECT
    {columns},
    catalog_product.is_active,
    COALESCE(stocked.variants, 0),
    COALESCE(stocked.units, 0),
    wanted.popularity,
    reason.id,
    reason.title
FROM asked
CROSS JOIN wanted
CROSS JOIN catalog_product ON catalog_product.id = wanted.id
CROSS JOIN catalog_category ON catalog_category.id = catalog_product.category_id
LEFT JOIN stocked ON stocked.product_id = wanted.id
LEFT JOIN catalog_product AS reason
    ON reason.id = wanted.because AND reason.is_active AND reason.deleted_at IS NULL
WHERE catalog_product.deleted_at IS NULL
    AND (
        wanted.id = asked.page
        OR (
            catalog_product.is_active
            AND catalog_product.seller_id IS NOT asked.user_id
            AND wanted.id NOT IN (SELECT product_id FROM hidden)
        )
    )
ORDER BY wanted.id IS asked.page DESC, COALESCE(stocked.units, 0) > 0 DESC, wanted.place
LIMIT (SELECT json_extract(doc, '$.rows') FROM asked)
