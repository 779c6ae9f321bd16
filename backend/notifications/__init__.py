"""Messages to users: what is sent to whom, rendering, channels, and the log of deliveries."""
