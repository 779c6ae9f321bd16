-- From when until when each product or variant was in stock, or out of stock, in alternating periods. `unit_id` is the
-- variant, or 0 if `unit` is product; a product is out of stock while all of its variants are that were ever in stock.
-- The last period ends in 2149. Reports filter by the products' present seller, brand and category.
CREATE OR REPLACE VIEW stock_periods AS
WITH
    -- By how many each change raises the number of variants in stock: a change that repeats the last one by none.
    changes AS
    (
        SELECT
            product_id,
            if({unit:String} = 'variant', variant_id, 0) AS unit_id,
            changed_at,
            toInt64(is_available) - lagInFrame(toInt64(is_available), 1, 0) OVER
            (
                PARTITION BY variant_id ORDER BY changed_at, change_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) AS step
        FROM availability_changes FINAL
        WHERE product_id IN
        (
            SELECT product_id
            FROM products FINAL
            WHERE ({seller:UInt64} = 0 OR seller_id = {seller:UInt64})
              AND ({product:UInt64} = 0 OR product_id = {product:UInt64})
              AND ({brand:String} = '' OR brand = {brand:String})
              AND ({category:String} = '' OR category_path = {category:String}
                   OR startsWith(category_path, concat({category:String}, ' > ')))
        )
    ),
    counted AS
    (
        SELECT
            product_id, unit_id, changed_at,
            sum(sum(step)) OVER (PARTITION BY product_id, unit_id ORDER BY changed_at) = 0 AS is_out
        FROM changes
        GROUP BY product_id, unit_id, changed_at
    ),
    turns AS
    (
        SELECT *, lagInFrame(is_out, 1, 1) OVER of_unit AS was_out
        FROM counted
        WINDOW of_unit AS
            (PARTITION BY product_id, unit_id ORDER BY changed_at ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    )
SELECT
    product_id,
    unit_id,
    is_out,
    changed_at AS began_at,
    leadInFrame(changed_at, 1, toDateTime64('2149-06-06 00:00:00', 3, 'UTC')) OVER
    (
        PARTITION BY product_id, unit_id ORDER BY changed_at ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS ended_at
FROM turns
WHERE is_out != was_out
