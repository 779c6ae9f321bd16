"""The search engine in the process itself, without a service, with one folder per generation."""
