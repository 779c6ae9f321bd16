"""The speed of search beside requests to the engine alone."""
