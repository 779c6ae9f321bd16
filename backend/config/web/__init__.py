"""The web process: ASGI outside, Django's synchronous handler in a bounded pool of threads inside.

The event loop reads request bodies, so that a slow client occupies no thread; a thread is taken only for a
complete request. docs/decisions/web-server.md has the alternatives and the measurements.
"""
