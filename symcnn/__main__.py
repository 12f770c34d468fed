"""`python -m symcnn`."""

from symcnn.cli import main

main()
