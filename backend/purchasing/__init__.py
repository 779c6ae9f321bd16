"""Reordering: rules, forecasts of demand, and purchase orders."""
