"""Links: frames to and from a sensor, whatever carries them. Nothing here knows a session."""
