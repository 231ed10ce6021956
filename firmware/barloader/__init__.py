"""The loader: it chooses which slot starts, and no update changes it."""
