"""The RLHF workbench without a browser: demonstrations, SFT, preferences, reward model, PPO."""
