"""What only the engine in a cluster can suffer."""
