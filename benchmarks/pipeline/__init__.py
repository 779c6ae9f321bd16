"""The event pipeline compared with simple baselines: intake over HTTP, and stream → warehouse."""
