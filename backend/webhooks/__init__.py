"""Events for other systems: endpoints, signed deliveries with retries, and their log."""
