"""A shop that an earlier release made is upgraded with the steps of docs/upgrading.md, while it serves."""
