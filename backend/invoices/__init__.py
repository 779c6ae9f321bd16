"""Invoices, credit notes and packing slips."""
