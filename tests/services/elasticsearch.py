"""Deletion of the tests' indexes from a shared Elasticsearch."""

import urllib3


def remove_indices(address: str, *, prefix: str) -> None:
    """Delete every index whose name begins with `prefix`."""
    http = urllib3.PoolManager()
    rows = http.request("GET", f"{address}/_cat/indices/{prefix}*?format=json&expand_wildcards=all").json()
    for row in rows:
        http.request("DELETE", f"{address}/{row['index']}")
