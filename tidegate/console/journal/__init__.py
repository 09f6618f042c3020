"""The auditor's pages: the journal by thing, kind, person and time, one entry with its link, and verification."""
