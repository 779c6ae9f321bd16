-- The writes of a checkout with cash on delivery, without tax and shipping, in one call: the shortest possible checkout.
CREATE FUNCTION benchmark_checkout(
    customer bigint,
    number_of_order text,
    idempotency_key text,
    fingerprint text,
    placed timestamptz,
    payment uuid,
    address jsonb,
    unit_limit integer
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    lines record;
    new_order orders_order;
    reserved_lines integer;
    response text;
BEGIN
    WITH taken AS (
        DELETE FROM carts_cartitem
        WHERE cart_id IN (SELECT id FROM carts_cart WHERE user_id = customer FOR NO KEY UPDATE)
        RETURNING *
    )
    SELECT array_agg(variant_id ORDER BY id) AS variants, array_agg(quantity ORDER BY id) AS quantities,
        array_agg(exposure_id ORDER BY id) AS exposures, array_agg(added_at ORDER BY id) AS added,
        array_agg(shopper_key ORDER BY id) AS shoppers
    INTO lines FROM taken;
    IF lines.variants IS NULL THEN
        RAISE EXCEPTION 'the cart is empty';
    END IF;

    PERFORM 1 FROM catalog_variant WHERE id = ANY (lines.variants) ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM orders_orderitem AS item
        JOIN orders_order AS earlier ON earlier.id = item.order_id
        JOIN inventory_reservation AS reservation ON reservation.id = item.reservation_id
        WHERE earlier.user_id = customer AND item.variant_id = ANY (lines.variants)
            AND reservation.state IN ('HELD', 'COMMITTED')
        GROUP BY item.product_id
        HAVING sum(reservation.quantity - reservation.fulfilled - reservation.released) >= unit_limit
    ) THEN
        RAISE EXCEPTION 'the customer has too many units';
    END IF;

    INSERT INTO orders_order (
        order_number, user_id, customer_name, customer_phone, status, payment_status, payment_method, currency,
        subtotal, tax_amount, shipping_cost, charges, charge_lines, total_amount, shipping_address, notes,
        placed_at, source, created_at, updated_at
    )
    SELECT number_of_order, account.id, account.first_name, account.phone, 'CONFIRMED', 'PENDING', 'COD', 'USD',
        total.amount, 0, 0, 0, '[]', total.amount, address, '', placed, '', now(), now()
    FROM accounts_user AS account, (
        SELECT sum(variant.sale_price * line.quantity) AS amount
        FROM unnest(lines.variants, lines.quantities) AS line (variant_id, quantity)
        JOIN catalog_variant AS variant ON variant.id = line.variant_id AND variant.is_active
        JOIN catalog_product AS product ON product.id = variant.product_id AND product.is_active
    ) AS total
    WHERE account.id = customer
    RETURNING * INTO new_order;

    UPDATE catalog_variant AS variant SET reserved = variant.reserved + line.quantity
    FROM unnest(lines.variants, lines.quantities) AS line (variant_id, quantity)
    WHERE variant.id = line.variant_id AND variant.stock >= variant.reserved + line.quantity;
    GET DIAGNOSTICS reserved_lines = ROW_COUNT;
    IF reserved_lines < cardinality(lines.variants) THEN
        RAISE EXCEPTION 'too few units are available';
    END IF;

    INSERT INTO inventory_reservation (variant_id, quantity, state, reference, created_at)
    SELECT variant_id, quantity, 'COMMITTED', number_of_order, placed
    FROM unnest(lines.variants, lines.quantities) AS line (variant_id, quantity);

    INSERT INTO orders_orderitem (
        order_id, product_id, variant_id, reservation_id, seller_id, quantity, returned, list_price, unit_price,
        total_price, net_amount, product_snapshot, exposure_id, cart_added_at, shopper_key
    )
    SELECT new_order.id, product.id, variant.id, reservation.id, product.seller_id, line.quantity, 0,
        product.price + variant.price_modifier, variant.sale_price, variant.sale_price * line.quantity,
        variant.sale_price * line.quantity,
        jsonb_build_object('title', product.title, 'brand', product.brand, 'category', category.path,
            'sku', variant.sku, 'variant', variant.name, 'attributes', product.attributes || variant.attributes,
            'image_url', variant.image_url),
        line.exposure_id, line.added_at, line.shopper_key
    FROM unnest(lines.variants, lines.quantities, lines.exposures, lines.added, lines.shoppers)
        AS line (variant_id, quantity, exposure_id, added_at, shopper_key)
    JOIN catalog_variant AS variant ON variant.id = line.variant_id
    JOIN catalog_product AS product ON product.id = variant.product_id
    JOIN catalog_category AS category ON category.id = product.category_id
    JOIN inventory_reservation AS reservation
        ON reservation.reference = number_of_order AND reservation.variant_id = variant.id;

    WITH steps AS (
        INSERT INTO orders_orderstatushistory (order_id, status, note, changed_by_id, changed_at)
        VALUES (new_order.id, 'PENDING', '', customer, placed), (new_order.id, 'CONFIRMED', '', customer, placed)
        RETURNING id
    )
    INSERT INTO outbox_message (topic, key)
    SELECT 'order_step', id::text FROM steps
    UNION ALL
    SELECT DISTINCT 'product', product_id::text FROM catalog_variant WHERE id = ANY (lines.variants)
    UNION ALL
    SELECT 'order', new_order.id::text;

    INSERT INTO orders_movement (
        kind, order_id, order_item_id, product_id, variant_id, seller_id, category_path, quantity, amount,
        currency, occurred_at, customer_id, shopper_key, exposure_id, cart_added_at
    )
    SELECT 'SALE', new_order.id, id, product_id, variant_id, seller_id, product_snapshot ->> 'category',
        quantity, net_amount, 'USD', placed, customer, shopper_key, exposure_id, cart_added_at
    FROM orders_orderitem WHERE order_id = new_order.id;

    INSERT INTO payments_payment (
        id, order_number, gateway, currency, amount, captures_automatically, status, authorised, captured,
        refunded, gateway_reference, client_data, options, needs_attention, created_at, updated_at
    ) VALUES (
        payment, number_of_order, 'cod', 'USD', new_order.total_amount, true, 'PENDING', 0, 0, 0, '', '{}', '{}',
        false, placed, placed
    );

    INSERT INTO audit_auditentry (user_id, system_name, action, object_type, object_id, changes, request_id)
    VALUES (
        customer, '', 'orders.order_placed', 'orders.Order', new_order.id::text,
        jsonb_build_object('status', jsonb_build_array(NULL, 'CONFIRMED')), ''
    );

    SELECT to_jsonb(new_order) || jsonb_build_object(
        'items', (SELECT jsonb_agg(item) FROM orders_orderitem AS item WHERE order_id = new_order.id),
        'history', (SELECT jsonb_agg(step) FROM orders_orderstatushistory AS step WHERE order_id = new_order.id)
    ) INTO response;
    INSERT INTO api_idempotencykey (user_id, scope, key, fingerprint, status, body, created_at)
    VALUES (customer, 'checkout', idempotency_key, fingerprint, 201, response, placed);
    RETURN response;
END
$$;
