-- Accepts a batch: counts the request and the guest, appends the entry, remembers the shopper's products and views.
-- KEYS: the stream, the counter of requests, the shopper's products, the address's guests, its counter of guests,
-- the tombstones of erased shoppers, the views of the shopper's session.
-- ARGV: the entry, the limit of requests (0: none), the window in milliseconds, how many products stay,
-- for how many seconds, the guest as a number (empty: not counted), the limit of guests and their window in
-- milliseconds, the limit of the counter and its window, how many views stay and for how many seconds, twice the
-- number of products, then a time and a product for each of them, and a time and a member for each view.
-- Returns the entry's id; if a limit is exceeded, the milliseconds until its window ends, less than 0 for guests.
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
local guest = ARGV[6]
if guest ~= '' and redis.call('SISMEMBER', KEYS[4], guest) == 0 then
    -- Guests who were counted before go on; only others are refused, and the set stays as small as its limit.
    local known = redis.call('SCARD', KEYS[4])
    if known >= tonumber(ARGV[7]) then
        return -math.max(redis.call('PTTL', KEYS[4]), 1)
    end
    if tonumber(redis.call('GET', KEYS[5]) or '0') >= tonumber(ARGV[9]) then
        return -math.max(redis.call('PTTL', KEYS[5]), 1)
    end
    redis.call('SADD', KEYS[4], guest)
    if known == 0 then
        redis.call('PEXPIRE', KEYS[4], ARGV[8])
    end
    if redis.call('INCR', KEYS[5]) == 1 then
        redis.call('PEXPIRE', KEYS[5], ARGV[10])
    end
end
local id = ''
if ARGV[1] ~= '' then
    id = redis.call('XADD', KEYS[1], '*', 'batch', ARGV[1])
end
if #ARGV > 13 and not redis.call('ZSCORE', KEYS[6], redis.sha1hex(KEYS[3])) then
    local last = 13 + tonumber(ARGV[13])
    if last > 13 then
        -- A late event must not make a product older than it is.
        redis.call('ZADD', KEYS[3], 'GT', unpack(ARGV, 14, last))
        redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -tonumber(ARGV[4]) - 1)
        redis.call('EXPIRE', KEYS[3], ARGV[5])
    end
    -- A view that is sent again keeps its place, also if the clock's correction is another one.
    if #ARGV > last and redis.call('ZADD', KEYS[7], 'NX', unpack(ARGV, last + 1)) > 0 then
        redis.call('ZREMRANGEBYRANK', KEYS[7], 0, -tonumber(ARGV[11]) - 1)
        redis.call('EXPIRE', KEYS[7], ARGV[12])
    end
end
return id
