"""Language models: what they are made of, loading, generation."""
