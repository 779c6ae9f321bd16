-- Which account a guest turned out to be: the first one that logged in with the guest's id. Later accounts on
-- the same device don't take over what the first one did. `linked_at` is when that was known.
CREATE OR REPLACE VIEW shopper_identities AS
SELECT
    anonymous_key,
    argMin(links.shopper_key, (links.linked_at, links.shopper_key)) AS account_key,
    min(links.linked_at) AS linked_at
FROM shopper_links AS links
WHERE anonymous_key != toUUID('00000000-0000-0000-0000-000000000000')
GROUP BY anonymous_key
