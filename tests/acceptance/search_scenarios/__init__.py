"""Searches that a merchandiser would check, as data files, on the public catalogues and both engines."""
