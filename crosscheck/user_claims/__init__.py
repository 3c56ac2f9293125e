"""Claims that a user writes: from a line or a TOML file to the claim type, and how they are decided."""
