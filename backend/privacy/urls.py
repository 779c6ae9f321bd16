"""URLs of receipts."""

from django.urls import path

from backend.privacy import views

urlpatterns = [
    path("receipts/<uuid:receipt_id>/", views.ReceiptView.as_view(), name="erasure-receipt"),
]
