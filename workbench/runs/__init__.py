"""Runs: their directory, their events, the worker process and the supervisor."""
