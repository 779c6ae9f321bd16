"""Recommender models: training from interactions, offline evaluation, and versioned artefacts."""
