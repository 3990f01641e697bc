"""Taking a model away: in the layouts that other programs read, with a card that states the facts, and served."""
