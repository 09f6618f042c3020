"""Who owns what, as double entries; holds typed by purpose."""
