"""Notification URLs."""

from django.urls import path

from backend.notifications import inbox_views, views

urlpatterns = [
    path("", inbox_views.InboxView.as_view(), name="inbox"),
    path("unread/", inbox_views.UnreadView.as_view(), name="inbox-unread"),
    path("read/", inbox_views.ReadAllView.as_view(), name="inbox-read-all"),
    path("<int:message_id>/read/", inbox_views.ReadView.as_view(), name="inbox-read"),
    path("quiet-hours/", inbox_views.QuietHoursView.as_view(), name="quiet-hours"),
    path("preferences/", views.PreferenceListView.as_view(), name="notification-preferences"),
    path("preferences/<str:kind>/", views.PreferenceView.as_view(), name="notification-preference"),
    path("deliveries/", views.DeliveryListView.as_view(), name="notification-deliveries"),
    path("deliveries/<int:delivery_id>/send-again/", views.SendAgainView.as_view(), name="send-again"),
    path("orders/<str:token>/", views.GuestOrderView.as_view(), name="guest-order"),
    path("unsubscribe/<str:token>/", views.UnsubscribeView.as_view(), name="unsubscribe"),
]
