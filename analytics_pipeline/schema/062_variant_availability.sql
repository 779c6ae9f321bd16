-- For analysts: from when until when each variant was available, or sold out. `ended_at` of its present state is
-- 2149-06-06. A variant that was never in stock has no rows.
CREATE OR REPLACE VIEW variant_availability
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    variant_id,
    product_id,
    is_available,
    changed_at AS began_at,
    leadInFrame(changed_at, 1, toDateTime64('2149-06-06 00:00:00', 3, 'UTC')) OVER
    (
        PARTITION BY variant_id ORDER BY changed_at, change_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS ended_at
FROM availability_changes FINAL
