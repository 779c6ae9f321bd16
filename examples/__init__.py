"""Programs that use a running shop over HTTP."""
