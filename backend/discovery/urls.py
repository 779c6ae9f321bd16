"""URLs of sitemaps and feeds."""

from django.urls import path, re_path

from backend.discovery import views

urlpatterns = [
    path("sitemap.xml", views.sitemap_index, name="sitemap-index"),
    path("sitemaps/categories.xml", views.sitemap_of_categories, name="sitemap-of-categories"),
    re_path(
        r"^sitemaps/products-(?P<span>[0-9]{1,15})\.xml$",
        views.sitemap_of_products,
        name="sitemap-of-products",
    ),
    path("robots.txt", views.robots, name="robots"),
    re_path(
        r"^feeds/(?P<token>[^/]{1,200})/(?P<currency>[A-Z]{3})-(?P<part>[0-9]{1,15})\.(?P<form>tsv|xml)$",
        views.feed,
        name="feed",
    ),
]
