"""ClickHouse's engine behind ClickHouse's HTTP protocol, for shops without a ClickHouse server.

One process owns a data folder and serves it on loopback; every other process calls it with the client that it
would use for a real server. `python -m analytics_pipeline.chdb_server` runs it.
docs/decisions/embedded-warehouse.md gives the reasons and lists what is refused.
"""
