"""Clients that other people write or generate, in their own languages, run against our servers."""
