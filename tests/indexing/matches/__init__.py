"""Tests of what pages say about their hits."""
