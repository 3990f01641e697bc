"""Generated workplace English for the base language model: other invented companies, never the demo
company."""
