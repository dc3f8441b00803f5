"""Jobs on a real queue server with real worker processes."""
