"""Notification URLs."""

from django.urls import path

from backend.notifications import views

urlpatterns = [
    path("preferences/", views.PreferenceListView.as_view(), name="notification-preferences"),
    path("preferences/<str:kind>/", views.PreferenceView.as_view(), name="notification-preference"),
    path("deliveries/", views.DeliveryListView.as_view(), name="notification-deliveries"),
    path("deliveries/<int:delivery_id>/send-again/", views.SendAgainView.as_view(), name="send-again"),
    path("orders/<str:token>/", views.GuestOrderView.as_view(), name="guest-order"),
    path("unsubscribe/<str:token>/", views.UnsubscribeView.as_view(), name="unsubscribe"),
]
