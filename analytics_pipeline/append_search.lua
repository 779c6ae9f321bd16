-- Appends the list of a search, and remembers the search for its shopper.
-- KEYS: the stream, the shopper's searches, the shopper's products, the tombstones of erased shoppers.
-- ARGV: the entry, the time, the search's text, how many searches stay, for how many seconds.
-- Returns the entry's id.
local id = redis.call('XADD', KEYS[1], '*', 'batch', ARGV[1])
if not redis.call('ZSCORE', KEYS[4], redis.sha1hex(KEYS[3])) then
    redis.call('ZADD', KEYS[2], 'GT', ARGV[2], ARGV[3])
    redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -tonumber(ARGV[4]) - 1)
    redis.call('EXPIRE', KEYS[2], ARGV[5])
end
return id
