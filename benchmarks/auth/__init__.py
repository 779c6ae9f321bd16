"""The cost of authenticating a request."""
