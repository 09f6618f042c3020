"""Questions for people: who must look, who has answered what, how many voices it takes."""
