-- The catalogue for models: every product that was created before `as_of` and isn't deleted.
SELECT product_id, title, description, brand, category_path, attributes, toFloat64(price) AS price, is_active
FROM products FINAL
WHERE NOT deleted AND created_at < {as_of:DateTime64(3, 'UTC')}
ORDER BY product_id
