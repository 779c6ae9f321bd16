SELECT found.id, NULL::bigint AS because, ROW_NUMBER() OVER () AS place, found.popularity
FROM (
    SELECT ranked.id, ranked.popularity
    FROM (
        SELECT id, seller_id, popularity, created_at
        FROM catalog_product
        WHERE is_active AND deleted_at IS NULL
        ORDER BY popularity DESC, created_at DESC, id DESC
        LIMIT {scanned}
    ) AS ranked
    WHERE ranked.seller_id IS DISTINCT FROM (SELECT user_id FROM asked)
        AND ranked.id NOT IN (SELECT product_id FROM hidden)
        AND ranked.id NOT IN (
            SELECT skipped::bigint FROM asked, json_array_elements_text(doc->'skipped') AS skipped
        )
        -- A scalar subquery is evaluated row by row until LIMIT is reached.
        AND (
            (SELECT (doc->>'sold_out_too')::boolean FROM asked)
            OR (
                SELECT SUM(variant.stock - variant.reserved)
                FROM catalog_variant AS variant
                WHERE variant.product_id = ranked.id AND variant.is_active
            ) > 0
        )
    ORDER BY ranked.popularity DESC, ranked.created_at DESC, ranked.id DESC
    LIMIT (SELECT (doc->>'rows')::integer FROM asked)
) AS found
