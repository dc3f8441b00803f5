"""Cases, search, retention, evidence."""
