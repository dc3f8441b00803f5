"""From a file to approved letters."""
