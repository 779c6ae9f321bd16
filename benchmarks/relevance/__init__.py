"""What each ranking feature contributes to relevance, and what it costs."""
