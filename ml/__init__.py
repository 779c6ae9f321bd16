"""Recommenders: interactions in, versions with lists and honest marks out."""
