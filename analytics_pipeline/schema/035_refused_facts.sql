-- Movements of the order ledger that the warehouse refused, and why. One that was stored later has a row in
-- order_facts, so that nothing has to be changed here.
CREATE TABLE IF NOT EXISTS refused_facts
(
    movement_id UInt64,
    reason String,
    refused_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(refused_at)
ORDER BY movement_id
