"""Paths of the reports."""

from django.urls import path

from backend.analytics import views

urlpatterns = [
    path("sales/", views.SalesView.as_view(), name="sales-report"),
    path("products/<int:product_id>/", views.ProductAnalyticsView.as_view(), name="product-analytics"),
]
