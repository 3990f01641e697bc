"""Prompts with ideal human responses: entering, importing, splitting, freezing."""
