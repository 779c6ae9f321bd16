"""State what earlier releases imported, so that the next import of the same file changes nothing."""

from django.db import migrations

PRODUCTS = """
INSERT INTO importing_productstatement (product_id, digest)
SELECT id, '' FROM catalog_product WHERE source_reference IS NOT NULL
"""
# The units after the last transaction by an import are what the file had.
VARIANTS = """
INSERT INTO importing_variantstatement (variant_id, stock)
SELECT variant.id, COALESCE(
    (
        SELECT SUM(entry.effect) FROM inventory_inventorytransaction AS entry
        WHERE entry.variant_id = variant.id AND entry.id <= (
            SELECT MAX(imported.id) FROM inventory_inventorytransaction AS imported
            WHERE imported.variant_id = variant.id AND imported.reference = 'import ' || product.source
        )
    ),
    0
)
FROM catalog_variant AS variant
JOIN catalog_product AS product ON product.id = variant.product_id
WHERE product.source_reference IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("importing", "0001_initial"),
        ("inventory", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(PRODUCTS, migrations.RunSQL.noop),
        migrations.RunSQL(VARIANTS, migrations.RunSQL.noop),
    ]
