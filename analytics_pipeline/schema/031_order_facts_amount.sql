-- Four decimal places: currencies such as KWD have three, and a share of a line may have one more.
ALTER TABLE order_facts MODIFY COLUMN amount Decimal(18, 4)
