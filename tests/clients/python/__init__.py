"""A client that openapi-python-client generates from the shop's OpenAPI document."""
