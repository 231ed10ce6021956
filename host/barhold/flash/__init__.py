"""Flash: a bare board becomes a sensor, over its REPL. Knows boards and files, no sessions."""
