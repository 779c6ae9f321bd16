"""Text analysis: what the words, numbers, quantities, codes and symbols of a text are.

Documents and queries are analysed by the same code in both engines, which index the terms as they are. The
language is a value of the shop (`analysis_for`) and is recorded with every generation.
"""

from indexing.analysis.analyzer import Analysis, analysis_for
from indexing.analysis.languages import DEFAULT_LANGUAGE, LANGUAGES, Language
from indexing.analysis.tokens import Token, TokenKind

__all__ = ["DEFAULT_LANGUAGE", "LANGUAGES", "Analysis", "Language", "Token", "TokenKind", "analysis_for"]
