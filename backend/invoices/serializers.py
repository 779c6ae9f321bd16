"""Serializers for invoices and credit notes."""

from typing import Any

from rest_framework import serializers

from backend.api.fields import MoneyOutput
from backend.invoices.models import Invoice

NUMBER_PARAMETER = {
    "name": "number",
    "in": "path",
    "required": True,
    "description": "The number of the invoice or credit note.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 32, "example": "INV-2026-000001"},
}


class InvoiceSummarySerializer(serializers.ModelSerializer[Invoice]):
    """An invoice or credit note in a list."""

    EXAMPLE: dict[str, Any] = {
        "number": "INV-2026-000001",
        "kind": "INVOICE",
        "order_number": "7K2M-9QXR-4TBC",
        "invoice_number": None,
        "currency": "USD",
        "net_amount": "93.99",
        "tax_amount": "6.81",
        "total_amount": "100.80",
    }

    order_id = serializers.IntegerField()
    order_number = serializers.CharField(source="order.order_number")
    invoice_number = serializers.CharField(
        source="invoice.number",
        default=None,
        allow_null=True,
        help_text="The invoice that a credit note is for.",
    )
    net_amount = MoneyOutput()
    tax_amount = MoneyOutput()
    total_amount = MoneyOutput(help_text="Not negative, also of a credit note.")

    class Meta:
        model = Invoice
        fields = [
            "number",
            "kind",
            "order_id",
            "order_number",
            "invoice_number",
            "issued_on",
            "issued_at",
            "currency",
            "net_amount",
            "tax_amount",
            "total_amount",
        ]
        read_only_fields = fields


class ShopSerializer(serializers.Serializer[Any]):
    """The company that sells."""

    EXAMPLE = {
        "name": "Harbour Row Trading Ltd",
        "address": ["14 Harbour Row", "Bristol BS1 4QA", "United Kingdom"],
        "vat_number": "GB999999973",
        "email": "billing@shop.example",
        "footer": ["Registered in England and Wales, company number 01234567"],
    }

    name = serializers.CharField()
    address = serializers.ListField(child=serializers.CharField(), help_text="Its lines.")
    vat_number = serializers.CharField()
    email = serializers.CharField()
    footer = serializers.ListField(
        child=serializers.CharField(), help_text="Lines at the end of the document."
    )


class BuyerSerializer(serializers.Serializer[Any]):
    """Who the document is for."""

    EXAMPLE = {
        "name": "John Doe",
        "company": "",
        "address": ["123 Main St", "New York, NY 10001", "United States"],
        "vat_number": "",
        "email": "john@example.org",
    }

    name = serializers.CharField()
    company = serializers.CharField()
    address = serializers.ListField(child=serializers.CharField(), help_text="Its lines, without the name.")
    vat_number = serializers.CharField()
    email = serializers.CharField()


TAXED = {"amount": "89.00", "net_amount": "89.00", "tax_amount": "6.45", "tax_rate": "7.25"}
RATE_HELP = "In percent; null for tax of an order of an earlier release, whose rate is not known."
AMOUNT_HELP = "As the customer sees it: with tax if the prices include tax."


class InvoiceAmountSerializer(serializers.Serializer[Any]):
    """An amount of a line."""

    amount = serializers.CharField(help_text=AMOUNT_HELP)
    net_amount = serializers.CharField(help_text="Without tax.")
    tax_amount = serializers.CharField()
    tax_rate = serializers.CharField(allow_null=True, help_text=RATE_HELP)


class InvoiceLineSerializer(InvoiceAmountSerializer):
    """Units of a product; `amount` = `quantity` × `unit_price` - `discount_amount`."""

    EXAMPLE = {
        **TAXED,
        "title": "Copper kettle",
        "variant": "1.5 litres",
        "sku": "K-1",
        "quantity": 1,
        "unit_price": "89.00",
        "discount_amount": "0.00",
    }

    title = serializers.CharField()
    variant = serializers.CharField()
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = serializers.CharField()
    discount_amount = serializers.CharField()


class InvoiceExtraSerializer(InvoiceAmountSerializer):
    """Shipping, a charge, or a refund without units."""

    EXAMPLE = {
        "amount": "4.99",
        "net_amount": "4.99",
        "tax_amount": "0.36",
        "tax_rate": "7.25",
        "description": "Shipping: Standard",
    }

    description = serializers.CharField()


class InvoiceTaxSerializer(serializers.Serializer[Any]):
    """The sums of the lines with one tax rate."""

    EXAMPLE = {"tax_rate": "7.25", "net_amount": "93.99", "tax_amount": "6.81"}

    tax_rate = serializers.CharField(allow_null=True, help_text=RATE_HELP)
    net_amount = serializers.CharField()
    tax_amount = serializers.CharField()


class InvoiceSerializer(InvoiceSummarySerializer):
    """An invoice or credit note with everything that is printed on it."""

    EXAMPLE = {
        **InvoiceSummarySerializer.EXAMPLE,
        "prices_include_tax": False,
        "payment_method": "cash on delivery",
        "placed_on": "2026-03-02",
        "supplied_on": None,
        "ship_to": [],
        "subtotal": "89.00",
    }

    shop = ShopSerializer(source="content.shop")
    buyer = BuyerSerializer(source="content.buyer")
    ship_to = serializers.ListField(
        source="content.ship_to",
        child=serializers.CharField(),
        help_text="The lines of the shipping address, if it differs from the buyer's.",
    )
    placed_on = serializers.DateField(source="content.placed_on", help_text="The day of the order.")
    supplied_on = serializers.DateField(
        source="content.supplied_on",
        allow_null=True,
        help_text="The day of supply, or of the cancellation, return or refund; null if units of the order "
        "were still to be shipped when the invoice was issued.",
    )
    payment_method = serializers.CharField(source="content.payment_method")
    prices_include_tax = serializers.BooleanField(source="content.prices_include_tax")
    lines = InvoiceLineSerializer(source="content.lines", many=True)
    extras = InvoiceExtraSerializer(source="content.extras", many=True)
    taxes = InvoiceTaxSerializer(source="content.taxes", many=True)
    subtotal = serializers.CharField(source="content.subtotal", help_text="The sum of the lines' amounts.")

    class Meta(InvoiceSummarySerializer.Meta):
        fields = [
            *InvoiceSummarySerializer.Meta.fields,
            "shop",
            "buyer",
            "ship_to",
            "placed_on",
            "supplied_on",
            "payment_method",
            "prices_include_tax",
            "lines",
            "extras",
            "subtotal",
            "taxes",
        ]
        read_only_fields = fields
