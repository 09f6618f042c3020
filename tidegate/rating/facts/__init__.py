"""The register of facts: told once, never changed, corrected by others, judged by people."""
