-- For each of `product_ids` of a list of recommendations: where it was found, and how probable it was at its position,
-- given the policy. Empty for other lists, and `propensities` also where nothing was drawn at random. Seven digits of a
-- probability suffice.
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS sources Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS propensities Array(Float32)
