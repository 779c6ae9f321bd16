"""Upgrades of a running shop from an earlier release, with the steps of docs/upgrading.md."""
