"""The lexicon of a generation as a file in its folder: HOME/NAME/lexicon."""

import os
import secrets
from pathlib import Path

from indexing.errors import GenerationNotFound, SearchEngineUnavailable
from indexing.lexicon.errors import LexiconDamaged
from indexing.lexicon.lexicon import Lexicon

FILE = "lexicon"
NAME = "tantivy"


class LexiconFiles:
    """Stores lexicons in the folders of their generations."""

    def __init__(self, home: Path) -> None:
        """Use the folders in `home`."""
        self._home = home

    def save(self, generation: str, content: bytes) -> None:
        """Replace the generation's file atomically; processes that have mapped the old one keep it."""
        path = self._home / generation / FILE
        temporary = path.with_name(f"{FILE}.{secrets.token_hex(4)}")
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except FileNotFoundError as error:
            raise GenerationNotFound(generation) from error
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise SearchEngineUnavailable(NAME, str(error)) from error

    def revision(self, generation: str) -> object | None:
        """Return what identifies the stored file; None if there is none."""
        try:
            status = (self._home / generation / FILE).stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def load(self, generation: str) -> Lexicon:
        """Map the stored file into memory."""
        try:
            return Lexicon.mapped(self._home / generation / FILE)
        except FileNotFoundError as error:
            raise LexiconDamaged("it is missing") from error
