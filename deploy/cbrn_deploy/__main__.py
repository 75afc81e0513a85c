"""`python -m cbrn_deploy` is the `cbrn` command."""

from cbrn_deploy.cli.main import main

main()
