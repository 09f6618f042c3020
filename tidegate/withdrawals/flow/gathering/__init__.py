"""Facts of a whole batch, gathered by set-based statements under the locks of its parties."""
