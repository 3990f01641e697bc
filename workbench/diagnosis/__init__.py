"""What is wrong with a PPO run, told from its numbers alone: pure rules over metric series, without torch."""
