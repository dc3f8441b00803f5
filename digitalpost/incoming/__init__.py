"""Incoming mail: fetched, filed, routed, and handed from one to another until it is done."""
