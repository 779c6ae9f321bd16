"""Third-party and generated clients in several languages, used with our servers."""
