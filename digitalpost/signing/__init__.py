"""Letters that are to be signed: asking, following up, and checking what comes back."""
