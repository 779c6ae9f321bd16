"""Payment URLs."""

from django.urls import path

from backend.payments import views

urlpatterns = [
    path("", views.PaymentListView.as_view(), name="payments"),
    path("<uuid:payment_id>/", views.PaymentView.as_view(), name="payment"),
    path("webhooks/<str:gateway>/", views.WebhookView.as_view(), name="payment-webhooks"),
]
