"""Who may do what, over the whole API."""
