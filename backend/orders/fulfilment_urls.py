"""URLs of sales, returns and the lookup of orders."""

from django.urls import path

from backend.orders import fulfilment_views, return_views

urlpatterns = [
    path("lookup/", fulfilment_views.OrderLookupView.as_view(), name="order-lookup"),
    path("sales/", fulfilment_views.SaleListView.as_view(), name="sales"),
    path("sales/<int:order_id>/", fulfilment_views.SaleView.as_view(), name="sale"),
    path("sales/<int:order_id>/cancel/", fulfilment_views.SaleCancelView.as_view(), name="sale-cancel"),
    path("returns/", return_views.ReturnListView.as_view(), name="returns"),
    path("returns/<int:return_id>/", return_views.ReturnRecordView.as_view(), name="return"),
    path("returns/<int:return_id>/approve/", return_views.ReturnApproveView.as_view(), name="return-approve"),
    path("returns/<int:return_id>/reject/", return_views.ReturnRejectView.as_view(), name="return-reject"),
    path(
        "returns/<int:return_id>/withdraw/", return_views.ReturnWithdrawView.as_view(), name="return-withdraw"
    ),
    path("returns/<int:return_id>/receive/", return_views.ReturnReceiveView.as_view(), name="return-receive"),
]
