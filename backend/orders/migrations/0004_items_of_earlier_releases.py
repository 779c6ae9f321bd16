"""Fill the new columns of existing items: an order was shipped, delivered or cancelled as a whole, without tax."""

from django.db import migrations

FILL = """
    UPDATE orders_orderitem
    SET seller_id = (SELECT seller_id FROM catalog_product WHERE id = orders_orderitem.product_id),
        list_price = unit_price,
        net_amount = total_price
    WHERE net_amount IS NULL
"""
COUNT = """
    UPDATE orders_orderitem SET {columns} WHERE order_id IN (SELECT id FROM orders_order WHERE status = '{status}')
"""
MOVED = {
    "CANCELLED": "cancelled = quantity",
    "SHIPPED": "shipped = quantity",
    "DELIVERED": "shipped = quantity, delivered = quantity",
}


class Migration(migrations.Migration):
    """In its own transaction, because PostgreSQL can't alter a table whose rows were changed in the same."""

    dependencies = [
        ("orders", "0003_items_with_tax_and_counters"),
        ("catalog", "0005_products_imported_once_by_seller"),
    ]
    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(COUNT.format(columns=columns, status=status), migrations.RunSQL.noop)
            for status, columns in MOVED.items()
        ),
    ]
