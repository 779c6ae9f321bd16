"""Recommendations beside a view that does nothing else."""
