"""Compares reports with the same questions asked of the events themselves."""
