"""Ranking: its options, and the fusion of words and meaning."""

from indexing.ranking.options import AS_TYPED, DEFAULT_RANKING, RankingOptions

__all__ = ["AS_TYPED", "DEFAULT_RANKING", "RankingOptions"]
