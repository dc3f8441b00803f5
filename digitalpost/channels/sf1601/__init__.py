"""KOMBIT's Serviceplatform (SF1601): Digital Post, and letters on paper, for authorities."""
