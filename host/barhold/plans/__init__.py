"""Training plans: the model, its TOML format, and the library of built-in and user plans."""
