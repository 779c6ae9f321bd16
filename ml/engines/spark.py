"""Fit models with Spark, for data whose co-occurrences or factors don't fit into one machine's memory.

The interactions come from the process that trains, and the fitted model goes back to it; in between, the
work is Spark's. Neighbours are those of `ml.models.item_knn`, except that another one of equal weight may be
the last. ALS is that of Spark's library, whose regularisation grows with the number of a user's interactions.
"""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import coo_array, csr_array
from threadpoolctl import threadpool_limits

from ml.dataset import Interactions
from ml.engines import SPARK, EngineMissing
from ml.models.als import Als, FittedAls
from ml.models.item_item import FittedItemItem, degrees
from ml.models.item_knn import ItemKnn
from ml.settings import TrainingSettings

# A rating of 0 or less would mean that the pair is no interaction.
LEAST_RATING = 1e-6
DRIVER_MEMORY = "2g"
# The history of ALS's iterations, which Spark serialises recursively, exceeds the default.
STACK = "-Xss16m"


@contextmanager
def started(settings: TrainingSettings) -> Iterator["SparkEngine"]:
    """Start a session of Spark, and stop it afterwards.

    Raises:
        EngineMissing: pyspark or Java is not installed.
    """
    if find_spec("pyspark") is None:
        raise EngineMissing(SPARK, missing="pyspark: `make spark` installs it")
    if shutil.which("java") is None:
        raise EngineMissing(SPARK, missing="Java 17 or later on the PATH")
    from pyspark.sql import SparkSession  # noqa: PLC0415 - installed apart

    logging.getLogger("py4j").setLevel(logging.WARNING)
    builder = (
        SparkSession.builder.appName("ml")
        .master(settings.spark_master or f"local[{settings.threads}]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.memory", DRIVER_MEMORY)
        .config("spark.driver.extraJavaOptions", STACK)
        .config("spark.executor.extraJavaOptions", STACK)
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
    )
    if settings.spark_master is None:
        builder = builder.config("spark.sql.shuffle.partitions", settings.threads)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield SparkEngine(session)
    finally:
        session.stop()


@dataclass(frozen=True, slots=True)
class SparkEngine:
    """Fits with a session of Spark (`pyspark.sql.SparkSession`)."""

    session: Any

    def item_knn(self, recipe: ItemKnn, train: Interactions) -> FittedItemItem:
        """Return the neighbours of `ItemKnn`, computed by a join of the interactions with themselves."""
        from pyspark.sql import Window  # noqa: PLC0415 - installed apart
        from pyspark.sql import functions as f  # noqa: PLC0415

        pairs = self._pairs(train)
        users = pairs.groupBy("user").agg(
            f.pow(f.sum("weight"), f.lit(-recipe.user_exponent)).alias("damping")
        )
        first = pairs.join(users, "user").select(
            "user", f.col("item").alias("i"), (f.col("weight") * f.col("damping")).alias("damped")
        )
        second = pairs.withColumnsRenamed({"item": "j", "weight": "other"})
        counts = (
            first.join(second, "user")
            .where("i != j")
            .groupBy("i", "j")
            .agg(f.sum(f.col("damped") * f.col("other")).alias("count"))
        )
        degree = self._degrees(train)
        of_i = degree.select(
            f.col("item").alias("i"), f.pow("degree", f.lit(-recipe.history_exponent)).alias("a")
        )
        of_j = degree.select(
            f.col("item").alias("j"), f.pow("degree", f.lit(-recipe.target_exponent)).alias("b")
        )
        count = f.col("count")
        cosine = count * f.col("a") * f.col("b") * count / (count + f.lit(recipe.shrinkage))
        found = (
            counts.join(f.broadcast(of_i), "i")
            .join(f.broadcast(of_j), "j")
            .select("i", "j", f.pow(cosine, f.lit(recipe.locality)).cast("float").alias("weight"))
        )
        if recipe.neighbours is not None:
            place = f.row_number().over(Window.partitionBy("i").orderBy(f.desc("weight"), "j"))
            found = found.withColumn("place", place).where(f.col("place") <= recipe.neighbours).drop("place")
        return FittedItemItem(_matrix(found.toPandas(), size=len(train.items)))

    def als(self, recipe: Als, train: Interactions) -> FittedAls:
        """Return the factors of Spark's ALS; histories are solved for as with those of `Als`."""
        from pyspark.ml.recommendation import ALS  # noqa: PLC0415 - installed apart

        frame = _frame(train)
        # Spark's confidence is 1 + alpha · rating, and that of `Als` alpha · weight.
        frame["rating"] = np.maximum(frame.pop("weight") - 1 / recipe.alpha, LEAST_RATING)
        solver = ALS(
            rank=recipe.factors,
            # Multiplied by the number of interactions; by their mean here, it is that of `Als` on average.
            regParam=recipe.regularization * len(train.items) / max(train.matrix.nnz, 1),
            alpha=recipe.alpha,
            maxIter=recipe.iterations,
            seed=recipe.seed,
            implicitPrefs=True,
            numUserBlocks=self.session.sparkContext.defaultParallelism,
            numItemBlocks=self.session.sparkContext.defaultParallelism,
            userCol="user",
            itemCol="item",
            ratingCol="rating",
        )
        fitted = solver.fit(self.session.createDataFrame(frame))
        factors = fitted.itemFactors.toPandas()
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=recipe.factors, regularization=recipe.regularization, alpha=recipe.alpha
            )
        model.item_factors = np.zeros((len(train.items), recipe.factors), np.float32)
        model.item_factors[factors["id"].to_numpy()] = np.stack(factors["features"].to_list())
        return FittedAls(model)

    def _pairs(self, train: Interactions) -> Any:
        return self.session.createDataFrame(_frame(train)).repartition("user").cache()

    def _degrees(self, train: Interactions) -> Any:
        degree = degrees(train.matrix, axis=0).astype(np.float64)
        return self.session.createDataFrame(
            pd.DataFrame({"item": np.arange(len(degree), dtype=np.int32), "degree": degree})
        )


def _frame(train: Interactions) -> pd.DataFrame:
    pairs = coo_array(train.matrix)
    return pd.DataFrame(
        {
            "user": pairs.row.astype(np.int32),
            "item": pairs.col.astype(np.int32),
            "weight": pairs.data.astype(np.float64),
        }
    )


def _matrix(found: pd.DataFrame, *, size: int) -> csr_array:
    weights = found["weight"].to_numpy(np.float32)
    return csr_array((weights, (found["i"].to_numpy(), found["j"].to_numpy())), shape=(size, size))
