"""Who our recipients are."""
