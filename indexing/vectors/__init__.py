"""The vectors of products: encoding what changed, and how close they are to a query.

Only a generation that was built with an encoder has vectors; without one nothing here is imported but types.
"""
