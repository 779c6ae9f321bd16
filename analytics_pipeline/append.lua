-- Accepts a batch: counts the request, appends the entry, remembers the shopper's products.
-- KEYS: the stream, the counter of requests, the shopper's products.
-- ARGV: the entry, the limit of requests (0: none), the window in milliseconds, how many products stay,
-- for how many seconds, then a time and a product for each interaction.
-- Returns the entry's id, or the milliseconds until the counter's window ends if the limit is exceeded.
local limit = tonumber(ARGV[2])
if limit > 0 then
    local count = redis.call('INCR', KEYS[2])
    if count == 1 then
        redis.call('PEXPIRE', KEYS[2], ARGV[3])
    end
    if count > limit then
        return redis.call('PTTL', KEYS[2])
    end
end
local id = ''
if ARGV[1] ~= '' then
    id = redis.call('XADD', KEYS[1], '*', 'batch', ARGV[1])
end
if #ARGV > 5 then
    -- A late event must not make a product older than it is.
    redis.call('ZADD', KEYS[3], 'GT', unpack(ARGV, 6))
    redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -tonumber(ARGV[4]) - 1)
    redis.call('EXPIRE', KEYS[3], ARGV[5])
end
return id
