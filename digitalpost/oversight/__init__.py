"""Nothing is lost: the books balance, what stands still is found, and somebody is told."""
