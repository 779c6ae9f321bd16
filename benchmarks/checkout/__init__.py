"""Checkout compared with one function in the database, and with a plain use of the ORM."""
