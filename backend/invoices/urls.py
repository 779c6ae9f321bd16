"""URLs of invoices, credit notes and packing slips."""

from django.urls import path

from backend.invoices import views

urlpatterns = [
    path("orders/<int:order_id>/invoices/", views.InvoiceListView.as_view(), name="order-invoices"),
    path("invoices/<str:number>/", views.InvoiceView.as_view(), name="invoice"),
    path("shipments/<int:shipment_id>/packing-slip/", views.PackingSlipView.as_view(), name="packing-slip"),
]
