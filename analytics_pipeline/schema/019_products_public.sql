-- For analysts: the catalogue as it is now.
CREATE OR REPLACE VIEW products_public
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    product_id, title, description, brand, category_id, category_path, seller_id, price, currency, attributes,
    is_active, available, rating_average, rating_count, created_at
FROM products FINAL
WHERE deleted = 0
