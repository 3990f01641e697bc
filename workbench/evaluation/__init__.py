"""How near a model's answers are to the human ones."""
