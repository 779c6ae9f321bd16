"""The admin site at /admin/: login, sessions, index page; the pages of models are in the apps' `admin.py`."""
