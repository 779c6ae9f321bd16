"""Payments of orders, the events that change them, and requests to payment gateways."""
