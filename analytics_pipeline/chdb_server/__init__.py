"""ClickHouse's own engine behind ClickHouse's own HTTP protocol, where no server runs.

One process owns a data folder and serves it on loopback; every other process calls it with the client that it
would use for a real server. `python -m analytics_pipeline.chdb_server` runs it. The reasons and what is
refused are in docs/decisions/embedded-warehouse.md.
"""
