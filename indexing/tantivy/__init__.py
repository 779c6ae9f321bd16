"""The search engine in-process: no service to run, one folder per generation."""
