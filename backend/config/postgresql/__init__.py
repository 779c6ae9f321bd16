"""Django's PostgreSQL backend for web processes, which don't wait for a server that hangs."""
