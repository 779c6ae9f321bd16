"""Server-sent events: what happens is appended to a stream in Redis, and each web process passes it on."""
