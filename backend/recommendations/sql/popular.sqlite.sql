SELECT found.id, NULL AS because, ROW_NUMBER() OVER () AS place, found.popularity
FROM (
    SELECT ranked.id, ranked.popularity
    FROM (
        SELECT id, seller_id, popularity, created_at
        FROM catalog_product
        WHERE is_active AND deleted_at IS NULL
        ORDER BY popularity DESC, created_at DESC, id DESC
        LIMIT {scanned}
    ) AS ranked
    WHERE ranked.seller_id IS NOT (SELECT user_id FROM asked)
        AND ranked.id NOT IN (SELECT product_id FROM hidden)
        AND ranked.id NOT IN (SELECT skipped.value FROM asked, json_each(doc, '$.skipped') AS skipped)
        AND (
            (SELECT json_extract(doc, '$.sold_out_too') FROM asked)
            OR (
                SELECT SUM(variant.stock - variant.reserved)
                FROM catalog_variant AS variant
                WHERE variant.product_id = ranked.id AND variant.is_active
            ) > 0
        )
    ORDER BY ranked.popularity DESC, ranked.created_at DESC, ranked.id DESC
    LIMIT (SELECT json_extract(doc, '$.rows') FROM asked)
) AS found
