"""Purchasing URLs."""

from django.urls import path

from backend.purchasing import views

urlpatterns = [
    path("suppliers/", views.SupplierListView.as_view(), name="suppliers"),
    path("rules/", views.ReorderRuleListView.as_view(), name="reorder-rules"),
    path("rules/<int:variant_id>/", views.ReorderRuleView.as_view(), name="reorder-rule"),
    path("proposals/", views.ProposalListView.as_view(), name="reorder-proposals"),
    path("orders/", views.PurchaseOrderListView.as_view(), name="purchase-orders"),
    path("orders/<str:number>/", views.PurchaseOrderView.as_view(), name="purchase-order"),
    path("orders/<str:number>/csv/", views.PurchaseOrderCsvView.as_view(), name="purchase-order-csv"),
    path("orders/<str:number>/approve/", views.ApproveView.as_view(), name="purchase-order-approve"),
    path("orders/<str:number>/send/", views.SendView.as_view(), name="purchase-order-send"),
    path(
        "orders/<str:number>/cancel/", views.CancelPurchaseOrderView.as_view(), name="purchase-order-cancel"
    ),
    path("orders/<str:number>/receive/", views.ReceiveView.as_view(), name="purchase-order-receive"),
]
