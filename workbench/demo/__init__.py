"""The embedded company, its demonstrations and its base language model."""
