"""Questions about one link, answered by both rooms together: the verbs of the command line and of Python."""
