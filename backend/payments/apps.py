"""Payments of orders, the events that change them, and requests to payment gateways."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments of orders, the events that change them, and requests to payment gateways."""

    name = "backend.payments"
    label = "payments"
