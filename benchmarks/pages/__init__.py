"""Product pages beside plain pages of Django REST Framework: CPU time and queries."""
