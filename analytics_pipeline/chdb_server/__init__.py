"""ClickHouse's own engine behind ClickHouse's own HTTP protocol, for where no server runs.

One process owns a data folder and serves it on loopback; every other process talks to it with the same
client that it would use for a real server. `python -m analytics_pipeline.chdb_server` runs it.
"""
