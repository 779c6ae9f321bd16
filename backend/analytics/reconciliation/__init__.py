"""Compares the warehouse's order facts with the order ledger, by day and by order."""
