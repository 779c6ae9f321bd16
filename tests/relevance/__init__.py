"""What a merchandiser would expect of the search, on both engines."""
