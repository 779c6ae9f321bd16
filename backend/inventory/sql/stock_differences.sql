-- Variants whose counters differ from the rows that they count; of all variants, or only of the variant %(only)s.
SELECT
    variant.id,
    variant.sku,
    variant.stock,
    COALESCE(ledger.units, 0),
    variant.reserved,
    COALESCE(live.held, 0),
    COALESCE(live.short, 0)
FROM catalog_variant AS variant
LEFT JOIN (
    SELECT variant_id, SUM(effect) AS units
    FROM inventory_inventorytransaction
    WHERE CAST(%(only)s AS bigint) IS NULL OR variant_id = %(only)s
    GROUP BY variant_id
) AS ledger ON ledger.variant_id = variant.id
LEFT JOIN (
    SELECT variant_id, SUM(quantity - fulfilled - released - short) AS held, SUM(short) AS short
    FROM inventory_reservation
    WHERE state IN ('HELD', 'COMMITTED') AND (CAST(%(only)s AS bigint) IS NULL OR variant_id = %(only)s)
    GROUP BY variant_id
) AS live ON live.variant_id = variant.id
WHERE
    (CAST(%(only)s AS bigint) IS NULL OR variant.id = %(only)s)
    AND (
        variant.stock <> COALESCE(ledger.units, 0)
        OR variant.reserved <> COALESCE(live.held, 0)
        OR (live.short > 0 AND variant.stock > variant.reserved)
    )
ORDER BY variant.id
