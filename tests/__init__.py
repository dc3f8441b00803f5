"""The suite: mirrors the packages; names are sentences about behaviour."""
