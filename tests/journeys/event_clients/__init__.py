"""The clients that send events, in clients/, used with the shop's intake."""
