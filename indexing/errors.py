"""The errors of a search engine.

SearchError
  SearchEngineUnavailable   it does not respond; try again later
  IndexMissing              no generation serves yet
  IndexCorrupt              a generation exists but cannot be read
  UnsupportedSchema         a generation was built with a schema version that this release does not serve
  FieldNotIndexed           the serving generation lacks a field that the search needs
  GenerationBusy            another process writes this generation
  GenerationNotFound        there is no such generation
  NoStandby                 there is no generation to roll back to
  DocumentRefused           the engine refused a document
"""

REBUILD = "python manage.py rebuild_index"


class SearchError(Exception):
    """The base class of search errors; `remedy` tells an operator what to do."""

    remedy = ""


class SearchEngineUnavailable(SearchError):
    """The engine did not respond, or responded that it is unavailable."""

    remedy = "Check that the search engine runs and can be reached."

    def __init__(self, engine: str, reason: str) -> None:
        super().__init__(f"{engine} is unavailable: {reason}")
        self.engine = engine
        self.reason = reason


class IndexMissing(SearchError):
    """No generation has been built and swapped in."""

    remedy = f"Build one with: {REBUILD}"

    def __init__(self, engine: str) -> None:
        super().__init__(f"{engine} has no index yet")
        self.engine = engine


class IndexCorrupt(SearchError):
    """A generation exists but is damaged."""

    remedy = f"Build a new one with: {REBUILD}"

    def __init__(self, generation: str, reason: str) -> None:
        super().__init__(f"index {generation} cannot be read: {reason}")
        self.generation = generation
        self.reason = reason


class UnsupportedSchema(SearchError):
    """A generation was built with a schema version that this release neither reads nor writes."""

    def __init__(self, generation: str, *, version: object, earliest: int, current: int) -> None:
        super().__init__(
            f"index {generation} has schema version {version}; "
            f"this release serves versions {earliest} to {current}"
        )
        self.generation = generation
        self.version = version
        self.remedy = f"Build a new one with: {REBUILD}"
        if isinstance(version, int) and version > current:
            self.remedy = (
                "A newer release built it: start this process with that release, "
                f"or return to the index before it with: {REBUILD} --rollback"
            )


class FieldNotIndexed(SearchError):
    """The serving generation has an earlier schema version, which lacks a field that a search needs."""

    remedy = f"Build an index with the current fields: {REBUILD}"

    def __init__(self, field: str, *, version: int) -> None:
        super().__init__(f"schema version {version} of the index has no field {field}")
        self.field = field
        self.version = version


class GenerationBusy(SearchError):
    """Another process is writing the generation; only one may at a time."""

    remedy = "Wait until the other process has finished, or stop it."

    def __init__(self, generation: str) -> None:
        super().__init__(f"another process is writing index {generation}")
        self.generation = generation


class GenerationNotFound(SearchError):
    """The engine has no generation of this name."""

    remedy = f"List them with: {REBUILD} --list"

    def __init__(self, generation: str) -> None:
        super().__init__(f"there is no index {generation}")
        self.generation = generation


class NoStandby(SearchError):
    """There is no standby to roll back to."""

    remedy = f"Build a new one with: {REBUILD}"

    def __init__(self) -> None:
        super().__init__("there is no earlier index to go back to")


class DocumentRefused(SearchError):
    """The engine refused a document; the whole batch counts as not written."""

    remedy = "Correct the product that the message names; the write is repeated."

    def __init__(self, product_id: str, reason: str) -> None:
        super().__init__(f"product {product_id} was not indexed: {reason}")
        self.product_id = product_id
        self.reason = reason
