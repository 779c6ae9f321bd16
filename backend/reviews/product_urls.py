"""URLs of the reviews of a product."""

from django.urls import path

from backend.reviews import views

urlpatterns = [
    path("<int:product_id>/reviews/", views.ProductReviewsView.as_view(), name="product-reviews"),
]
