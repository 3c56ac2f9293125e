"""Labels that are drawn: what is known of them in closed form, by enclosure, and from the literature."""
