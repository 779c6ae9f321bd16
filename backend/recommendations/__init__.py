"""Recommendations for shoppers and product pages, from published lists and recent views."""
