"""The event pipeline beside simple baselines: intake over HTTP, and stream → warehouse."""
