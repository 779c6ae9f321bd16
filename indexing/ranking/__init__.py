"""Ranking: its options, and the fusion of words and meaning."""

from indexing.ranking.options import DEFAULT_RANKING, RankingOptions

__all__ = ["DEFAULT_RANKING", "RankingOptions"]
