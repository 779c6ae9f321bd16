"""Order URLs."""

from django.urls import path

from backend.orders import fulfilment_views, refund_views, views

urlpatterns = [
    path("", views.OrderListView.as_view(), name="orders"),
    path("<int:order_id>/", views.OrderView.as_view(), name="order"),
    path("<int:order_id>/ship/", views.ShipView.as_view(), name="order-ship"),
    path("<int:order_id>/deliver/", views.DeliverView.as_view(), name="order-deliver"),
    path("<int:order_id>/cancel/", views.CancelView.as_view(), name="order-cancel"),
    path("<int:order_id>/return/", views.ReturnView.as_view(), name="order-return"),
    path("<int:order_id>/refunds/", refund_views.RefundListView.as_view(), name="order-refunds"),
    path("<int:order_id>/shipments/", fulfilment_views.ShipmentListView.as_view(), name="shipments"),
    path(
        "<int:order_id>/shipments/<int:shipment_id>/deliver/",
        fulfilment_views.ShipmentDeliverView.as_view(),
        name="shipment-deliver",
    ),
]
