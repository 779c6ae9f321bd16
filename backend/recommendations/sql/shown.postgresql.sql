WITH asked AS (
    SELECT
        doc,
        (doc->>'user')::bigint AS user_id,
        doc->>'guest' AS guest,
        (doc->>'page')::bigint AS page,
        (doc->>'bought_too')::boolean AS bought_too
    FROM (SELECT %s::json AS doc) AS parameter
), hidden AS (
    {hidden}
), wanted AS (
    {wanted}
)
SELECT
    {columns},
    catalog_product.is_active,
    available.variants,
    available.units,
    wanted.popularity,
    reason.id,
    reason.title
FROM asked
CROSS JOIN wanted
JOIN catalog_product ON catalog_product.id = wanted.id
JOIN catalog_category ON catalog_category.id = catalog_product.category_id
CROSS JOIN LATERAL (
    SELECT COUNT(*) AS variants, COALESCE(SUM(variant.stock - variant.reserved), 0) AS units
    FROM catalog_variant AS variant
    WHERE variant.product_id = wanted.id AND variant.is_active
) AS available
LEFT JOIN catalog_product AS reason
    ON reason.id = wanted.because AND reason.is_active AND reason.deleted_at IS NULL
WHERE catalog_product.deleted_at IS NULL
    AND (
        wanted.id = asked.page
        OR (
            catalog_product.is_active
            AND catalog_product.seller_id IS DISTINCT FROM asked.user_id
            AND wanted.id NOT IN (SELECT product_id FROM hidden)
        )
    )
ORDER BY (wanted.id = asked.page) IS TRUE DESC, (available.units > 0) DESC, wanted.place
LIMIT (SELECT (doc->>'rows')::integer FROM asked)
