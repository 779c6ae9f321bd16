"""Invoices, credit notes and packing slips."""

from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    """Invoices, credit notes and packing slips."""

    name = "backend.invoices"
    label = "invoices"
