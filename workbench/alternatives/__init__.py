"""Other ways to use the same votes, through TRL's own trainers: DPO, and RLOO on the same reward model."""
