"""Incoming mail: fetched, filed, routed and answered."""
