"""Django's SQLite backend, for a database file that its owner alone can read."""
