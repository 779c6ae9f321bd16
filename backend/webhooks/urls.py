"""Webhook URLs."""

from django.urls import path

from backend.webhooks import views

_ENDPOINT = "endpoints/<int:endpoint_id>/"
_DELIVERY = "deliveries/<int:delivery_id>/"

urlpatterns = [
    path("event-types/", views.EventTypeListView.as_view(), name="webhook-event-types"),
    path("endpoints/", views.EndpointListView.as_view(), name="webhook-endpoints"),
    path(_ENDPOINT, views.EndpointView.as_view(), name="webhook-endpoint"),
    path(f"{_ENDPOINT}rotate-secret/", views.SecretView.as_view(), name="webhook-secret"),
    path(f"{_ENDPOINT}pause/", views.PauseView.as_view(), name="webhook-pause"),
    path(f"{_ENDPOINT}resume/", views.ResumeView.as_view(), name="webhook-resume"),
    path(f"{_ENDPOINT}ping/", views.PingView.as_view(), name="webhook-ping"),
    path(f"{_ENDPOINT}replay/", views.ReplayRangeView.as_view(), name="webhook-replay-range"),
    path(f"{_ENDPOINT}deliveries/", views.EndpointDeliveriesView.as_view(), name="webhook-deliveries"),
    path(_DELIVERY, views.DeliveryView.as_view(), name="webhook-delivery"),
    path(f"{_DELIVERY}replay/", views.ReplayView.as_view(), name="webhook-replay"),
    path(f"{_DELIVERY}discard/", views.DiscardView.as_view(), name="webhook-discard"),
]
