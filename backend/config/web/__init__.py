"""The web process: an ASGI server that runs Django's synchronous handler in a bounded thread pool.

The event loop reads request bodies, so that a slow client occupies no thread; a complete
request is handed to a thread. docs/decisions/web-server.md has the alternatives and the measurements.
"""
