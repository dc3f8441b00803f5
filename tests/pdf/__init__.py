"""Reading, splitting, cleaning and proving PDF files."""
