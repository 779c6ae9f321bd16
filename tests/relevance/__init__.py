"""What a merchandiser expects of search, on both engines."""
