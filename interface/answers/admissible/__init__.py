"""The deployment temperatures within epsilon, as a forecast: searched, bounded, and put into words."""
