"""Assets that the desk lets go: no new bonds and ads in them, and a task for each that is left."""
