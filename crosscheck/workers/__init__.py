"""Where tasks run: in processes of this machine."""
