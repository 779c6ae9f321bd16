-- Four decimal places, as amounts have.
ALTER TABLE products MODIFY COLUMN price Decimal(18, 4)
