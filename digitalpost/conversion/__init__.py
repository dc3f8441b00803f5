"""Any file becomes a PDF that the pipeline can take: sniffed, scanned, converted under limits."""
