"""The expectations of a merchandiser of search results, tested on both engines."""
