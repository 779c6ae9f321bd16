"""CPU time and queries of product pages, compared with plain pages of Django REST Framework."""
