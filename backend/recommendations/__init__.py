"""What suits a shopper or goes with a product: published lists, and what was done a minute ago."""
