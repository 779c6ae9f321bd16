"""How the garbage collector of a web process works."""

import gc

YOUNG_OBJECTS = 10_000
"""Objects that are created, and not freed, before the collector looks at them (Python's default is 700)."""


def collect_seldom() -> None:
    """Let collections stop requests seldom; call it after everything that start-up needs is loaded.

    What is loaded by then lives as long as the process, and isn't traversed any more: that alone took 0.1 s.
    What a process remembers of searches afterwards can be 200,000 objects, which a full collection traverses
    in 0.2 s. One follows 100 times `YOUNG_OBJECTS`. Reference counts free nearly everything before.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)
