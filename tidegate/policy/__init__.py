"""The numbers, in immutable versions that two people agreed on; kill switches."""
