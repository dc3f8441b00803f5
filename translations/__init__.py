"""Finding every text that the console shows, and keeping the catalogues of other languages."""
