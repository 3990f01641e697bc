"""Pairs, votes, agreement between annotators, ranking of models."""
