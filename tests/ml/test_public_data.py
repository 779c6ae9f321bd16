"""Metrics of the models on public data sets, compared with published ones."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml import contest, product_pages
from ml.catalogue import Catalogue, ProductFacts
from ml.contest import Candidate
from ml.dataset import InteractionLog, hold_out
from ml.evaluate import evaluate
from ml.models.blend import Blend
from ml.models.library import create
from ml.models.popularity import Popularity
from ml.orders import Orders
from ml.text_files import read_interactions

pytestmark = [pytest.mark.data, pytest.mark.slow]

TEST_USERS = 5_000


def test_item_knn_reaches_the_published_metrics_on_purchases_without_times(data_dir: str) -> None:
    train, whole = hold_out(
        read_interactions(Path(data_dir) / "amazon_cds_m1" / "train.txt.xz"), share=0.2, seed=1
    )
    chosen = np.random.default_rng(0).choice(whole.users.values, TEST_USERS, replace=False)
    test = whole.of_users(chosen)

    found = evaluate(create("item_knn").fit(train), train=train, test=test, k=20)
    popular = evaluate(Popularity().fit(train), train=train, test=test, k=20)

    assert found.recall > 0.145
    assert found.ndcg > 0.079
    assert found.recall > 8 * popular.recall


def test_item_knn_beats_popularity_on_the_last_purchases_of_a_gift_shop(data_dir: str) -> None:
    split = contest.split_log(*gift_shop(Path(data_dir)), share=0.15)
    assert split is not None
    knn = [one for one in contest.COLLABORATIVE if one.model.name == "item_knn"]

    best = {
        name: max(contest.measure(one, split, part="choice").metrics.ndcg for one in candidates)
        for name, candidates in (("popularity", contest.POPULARITY), ("item_knn", knn))
    }
    without_decay = [
        contest.measure(one, split, part="choice").metrics.recall for one in (Candidate(Popularity()), knn[0])
    ]

    assert best["item_knn"] > 1.6 * best["popularity"]
    assert without_decay[1] > 1.6 * without_decay[0]


def test_texts_improve_the_pages_of_products_with_few_buyers(data_dir: str) -> None:
    log, catalogue, orders = gift_shop_with_orders(Path(data_dir))
    splits = contest.split_in_three(log, catalogue)
    assert splits is not None
    hybrid = Candidate(Blend((create("item_knn"), create("content")), (1.0, 0.3)))

    measured = product_pages.decide(hybrid, *splits, orders=orders).measured

    assert measured["low"] > 0.001
    assert measured["recall@10"] > 0.105
    segments = measured["segments"]
    assert segments["0"]["recall@10"] > segments["0"]["collaborative"] + 0.05
    for name in ("1-5", "6-20", "21-60"):
        assert segments[name]["recall@10"] > segments[name]["collaborative"], name
    for name in ("61-200", "over 200"):
        assert segments[name]["low"] > -0.001, name


def gift_shop(folder: Path) -> tuple[InteractionLog, Catalogue]:
    """Return the sales to known customers in the data set Online Retail, and its products."""
    log, catalogue, _ = gift_shop_with_orders(folder)
    return log, catalogue


def gift_shop_with_orders(folder: Path) -> tuple[InteractionLog, Catalogue, Orders]:
    """Return the sales to known customers, the products by their most frequent descriptions, and all orders."""
    rows = pd.read_csv(
        folder / "online_retail" / "online_retail.csv.xz",
        dtype={"InvoiceNo": str, "StockCode": str, "CustomerID": str},
        parse_dates=["InvoiceDate"],
    )
    rows = rows[rows["StockCode"].str.match(r"\d{5}") & (rows["Quantity"] > 0) & (rows["UnitPrice"] > 0)]
    _, positions = np.unique(rows["StockCode"].str.upper().to_numpy(dtype=str), return_inverse=True)
    titles = rows["Description"].groupby(positions).agg(lambda found: found.value_counts().index[0])
    products, times = positions.astype(np.int64) + 1, rows["InvoiceDate"].to_numpy(dtype="datetime64[s]")
    customers = rows["CustomerID"].fillna("").to_numpy(dtype="S8")
    known = customers != b""
    log = InteractionLog(
        customers[known], products[known], times[known], np.ones(int(known.sum()), np.float32)
    )
    catalogue = Catalogue.of([ProductFacts(place + 1, title=title) for place, title in enumerate(titles)])
    invoices = np.unique(rows["InvoiceNo"].to_numpy(dtype=str), return_inverse=True)[1]
    return log, catalogue, Orders(invoices.astype(np.int64), products, times, customers, known)
