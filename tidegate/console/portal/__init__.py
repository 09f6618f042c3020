"""The customers' portal: what is theirs, and every act of theirs, in a frame of its own below /portal."""
