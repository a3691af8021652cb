"""`python -m bridge` is `tscharts-bridge`."""

from bridge.cli import main

main()
