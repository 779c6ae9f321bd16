"""Purchasing URLs."""

from django.urls import path

from backend.purchasing import order_views, views

urlpatterns = [
    path("suppliers/", views.SupplierListView.as_view(), name="suppliers"),
    path("rules/", views.ReorderRuleListView.as_view(), name="reorder-rules"),
    path("rules/<int:variant_id>/", views.ReorderRuleView.as_view(), name="reorder-rule"),
    path("proposals/", views.ProposalListView.as_view(), name="reorder-proposals"),
    path("orders/", order_views.PurchaseOrderListView.as_view(), name="purchase-orders"),
    path("orders/<str:number>/", order_views.PurchaseOrderView.as_view(), name="purchase-order"),
    path("orders/<str:number>/csv/", order_views.PurchaseOrderCsvView.as_view(), name="purchase-order-csv"),
    path("orders/<str:number>/approve/", order_views.ApproveView.as_view(), name="purchase-order-approve"),
    path("orders/<str:number>/send/", order_views.SendView.as_view(), name="purchase-order-send"),
    path(
        "orders/<str:number>/cancel/",
        order_views.CancelPurchaseOrderView.as_view(),
        name="purchase-order-cancel",
    ),
    path("orders/<str:number>/receive/", order_views.ReceiveView.as_view(), name="purchase-order-receive"),
]
