"""Third-party and generated clients in several languages, run against our servers."""
