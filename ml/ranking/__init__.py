"""Evaluation of search rankings against relevance judgments."""
