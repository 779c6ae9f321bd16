"""URLs of sellers."""

from django.urls import path

from backend.catalog import seller_views

urlpatterns = [path("<int:seller_id>/", seller_views.SellerView.as_view(), name="seller")]
