"""The dashboard at /dashboard/: reports as pages for staff and sellers."""
