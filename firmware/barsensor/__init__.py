"""The application: what a sensor runs from its slot, and what an update replaces."""
