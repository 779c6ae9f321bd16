-- For analysts: how many events were refused and when. Neither the payload nor the reason, which may quote it.
CREATE OR REPLACE VIEW dead_letters_public
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT entry, position, arrived_at, shopper_key, replayed
FROM dead_letters FINAL
