"""`python -m barhold`: the same command where the script is not on the path."""

from barhold.cli import main

main()
