"""`python -m cbrn_deploy` is the `cbrn` command."""

from cbrn_deploy.cli import main

main()
