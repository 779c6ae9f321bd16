"""Tests of ml.ranking."""
