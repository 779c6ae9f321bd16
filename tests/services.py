"""Gives the tests a home of their own before Django reads its settings.

Loaded with `-p tests.services`, because pytest-django reads the settings before any conftest.
"""

import os
import tempfile
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="vitrine-test-"))
os.environ["VITRINE_HOME"] = str(HOME)
