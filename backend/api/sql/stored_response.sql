SELECT fingerprint, status, body
FROM api_idempotencykey
WHERE scope = %s AND key = %s AND (user_id = %s OR guest = NULLIF(%s, '')) AND body IS NOT NULL
