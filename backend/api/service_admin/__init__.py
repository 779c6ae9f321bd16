"""What the apps' pages in Django's admin share: reads by the ORM, writes by the apps' services.

docs/decisions/admin.md describes the design.
"""
