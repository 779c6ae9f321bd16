-- For analysts: the movements of money and units in orders, each once. `amount` and `discount` are without tax. `placed_at`
-- is when the order was placed, `occurred_at` of a sale when it was confirmed.
CREATE OR REPLACE VIEW order_movements
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    movement_id, kind, occurred_at, order_id, order_item_id, product_id, variant_id, seller_id, category_path,
    quantity, amount, currency, customer_key, shopper_key, exposure_id, cart_added_at, discount, tax, brand, country,
    placed_at, device, is_bot, consent
FROM order_facts FINAL
