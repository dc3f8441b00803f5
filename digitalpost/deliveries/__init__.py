"""From an approved letter to a receipt."""
