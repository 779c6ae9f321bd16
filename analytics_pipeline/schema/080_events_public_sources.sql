-- For analysts: every event once, without what only the pipeline needs. Shoppers are random keys.
CREATE OR REPLACE VIEW events_public
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    event_id, reported_at, type, shopper_key, session_id, product_id, variant_id, quantity, position, exposure_id,
    surface, query, filters, slot, algorithm, arms, page, product_ids, list_version, properties, arrived_at,
    rule_ids, pinned_ids, pinned_by, first_position,
    path, referrer, source, medium, campaign, view_id, visible_ms, facet, value, is_selected, step, rating, channel,
    name, order_id, device, is_bot, consent, sources, propensities
FROM events FINAL
