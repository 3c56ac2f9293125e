"""HTML pages and notebook cells: one file each, without script, font or network."""
