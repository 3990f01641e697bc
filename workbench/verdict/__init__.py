"""Was it worth it: all candidates on the same held-out prompts, each measure with its interval."""
