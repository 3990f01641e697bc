"""A separate model that scores responses as people would."""
