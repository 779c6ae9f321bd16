"""What only the engine in a folder can suffer."""
