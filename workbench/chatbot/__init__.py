"""Using the models: several side by side, one in a chat, and what people say of their answers."""
