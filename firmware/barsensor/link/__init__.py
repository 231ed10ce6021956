"""The sensor's end of a session, and the links that carry its frames."""
