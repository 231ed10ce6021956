"""Everything a command prints: tables for people and JSON Lines for programs."""
