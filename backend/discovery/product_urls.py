"""URLs of the structured data of products."""

from django.urls import path

from backend.discovery import views

urlpatterns = [
    path("<int:product_id>/json-ld/", views.StructuredDataView.as_view(), name="product-json-ld"),
]
