"""Backing a workspace up while the app runs, and restoring it here or on another machine."""
