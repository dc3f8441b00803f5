"""The domain: what a mailing, a letter and a delivery are, and what may happen to them."""
