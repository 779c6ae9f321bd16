"""All lists of a version, from the chosen recipes and all of the training data."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import contest, together, trending
from ml.compose import popular_list, product_lists, user_lists
from ml.contest import Candidate, Chosen
from ml.dataset import Interactions
from ml.lists import Lists
from ml.models.product_page import ProductPage
from ml.product_pages import Pages
from ml.together import together_lists
from ml.training_data import TrainingData
from ml.trending import trending_list

LIST_LENGTH = 50
# Other shoppers get lists only from the products that they view, as new shoppers do.
MAX_USERS = 100_000


def all_lists(chosen: Chosen, data: TrainingData, *, pages: Pages) -> tuple[dict[str, Lists], dict[str, str]]:
    """Return the lists of a version and the name of the model that made each, by `audience.algorithm`."""
    lists: dict[str, Lists] = {}
    made_by: dict[str, str] = {}
    for algorithm in ("collaborative", "content_based", "hybrid"):
        candidate: Candidate = getattr(chosen, algorithm)
        of_hybrid = pages if algorithm == "hybrid" else None
        made = _personal(candidate, data, algorithm=algorithm, pages=of_hybrid)
        lists |= made
        made_by |= dict.fromkeys(made, candidate.model.name)
    made_by["product.hybrid"] = ProductPage.name
    if chosen.person != chosen.hybrid:
        lists["user.hybrid"] = _personal_lists(chosen, lists, data)
        made_by["user.hybrid"] = chosen.person.model.name
    lists["everyone.popularity"] = _popular(chosen.popularity, data)
    made_by["everyone.popularity"] = chosen.popularity.model.name
    lists["product.together"] = together_lists(data.orders, data.catalogue)
    made_by["product.together"] = together.MADE_BY
    lists["everyone.trending"] = trending_list(data.orders, data.catalogue)
    made_by["everyone.trending"] = trending.MADE_BY
    return lists, made_by


def _personal_lists(chosen: Chosen, lists: Mapping[str, Lists], data: TrainingData) -> Lists:
    """Return the personal lists of the recipe that was chosen in place of the hybrid."""
    for algorithm in ("collaborative", "content_based"):
        if chosen.person == getattr(chosen, algorithm):
            return lists[f"user.{algorithm}"]
    return _personal(chosen.person, data, algorithm="hybrid", pages=None)["user.hybrid"]


def _personal(
    candidate: Candidate, data: TrainingData, *, algorithm: str, pages: Pages | None
) -> dict[str, Lists]:
    pairs, allowed = _training_pairs(candidate, data)
    fitted = candidate.model.fit(pairs, catalogue=data.catalogue)
    of_pages = fitted if pages is None else pages.fitted(fitted, pairs)
    near = product_lists(of_pages, pairs, allowed=allowed, length=LIST_LENGTH)
    histories = contest.histories(candidate, data.histories, learned_from=data.log, items=pairs.items)
    active = histories.of_users(_served_users(data))
    personal = user_lists(fitted, active, allowed=allowed, length=LIST_LENGTH)
    return {f"product.{algorithm}": near, f"user.{algorithm}": personal}


def _served_users(data: TrainingData) -> NDArray[Any]:
    """Return the users who get lists: those from whom the models learn first, then the others.

    Within each group the last active ones come first, so that forged guests take no place of a shopper.
    """
    learned_from = data.log.last_active(count=MAX_USERS)
    others = data.histories.where(~np.isin(data.histories.users, learned_from))
    return np.concatenate([learned_from, others.last_active(count=MAX_USERS - len(learned_from))])


def _popular(candidate: Candidate, data: TrainingData) -> Lists:
    pairs, allowed = _training_pairs(candidate, data)
    return popular_list(candidate.model.fit(pairs), pairs, allowed=allowed, length=LIST_LENGTH)


def _training_pairs(candidate: Candidate, data: TrainingData) -> tuple[Interactions, NDArray[np.bool_]]:
    pairs = contest.training_pairs(candidate, data.log, data.catalogue)
    return pairs, data.catalogue.sellable(pairs.items.values)
