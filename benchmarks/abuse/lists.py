"""Train the recipes of the contest, and compare the lists of everyone but the attackers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ml.contest import Candidate, Chosen, default_outcome
from ml.lists import Lists
from ml.models.als import Als
from ml.models.blend import Blend
from ml.models.content import Content
from ml.models.item_knn import ItemKnn
from ml.models.popularity import Popularity
from ml.product_pages import Pages
from ml.training_data import TrainingData
from ml.version_lists import all_lists

TOP = 20
HALF_LIFE = 30.0


@dataclass(frozen=True, slots=True)
class Movement:
    """What an attack changed in the lists of one name.

    `changed` of `lists` have another top 20; `with_target` contain the target, `new` of them only since the
    attack; `best` is its best rank in one of these, 0 for none.
    """

    lists: int
    changed: int
    with_target: int
    new: int
    best: int


def trained(data: TrainingData) -> dict[str, Lists]:
    """Return the lists of every recipe, by recipe and audience."""
    content = Candidate(Content())
    found: dict[str, Lists] = {}
    for name, model in (("item_knn", ItemKnn()), ("als", Als(factors=32))):
        hybrid = Candidate(Blend((model, Content()), (1.0, 0.3)), HALF_LIFE)
        chosen: Chosen = replace(
            default_outcome(),
            popularity=Candidate(Popularity(), HALF_LIFE),
            collaborative=Candidate(model, HALF_LIFE),
            content_based=content,
            hybrid=hybrid,
            person=hybrid,
        )
        lists, _ = all_lists(chosen, data, pages=Pages())
        for key, value in lists.items():
            is_same_for_all = key == "everyone.popularity" or "content" in key
            label = key if is_same_for_all else f"{key} ({name})"
            found[label] = value
    return found


def movements(
    before: Mapping[str, Lists], after: Mapping[str, Lists], *, target: int, attackers: Collection[str]
) -> dict[str, Movement]:
    """Compare the lists by name."""
    return {
        name: _movement(before[name], after[name], target=target, attackers=set(attackers)) for name in before
    }


def _movement(before: Lists, after: Lists, *, target: int, attackers: Collection[str]) -> Movement:
    old, new = _tops(before), {key: top for key, top in _tops(after).items() if key not in attackers}
    had = {key for key, top in old.items() if target in top}
    has = {key: top.index(target) + 1 for key, top in new.items() if target in top}
    fresh = has.keys() - had
    return Movement(
        lists=len(old.keys() | new.keys()),
        changed=sum(old.get(key) != new.get(key) for key in old.keys() | new.keys()),
        with_target=len(has),
        new=len(fresh),
        best=min((has[key] for key in fresh), default=0),
    )


def _tops(lists: Lists) -> dict[str, tuple[int, ...]]:
    rows = np.asarray(lists.products[:, :TOP]).tolist()
    return {str(key): tuple(row) for key, row in zip(lists.subjects.tolist(), rows, strict=True)}
