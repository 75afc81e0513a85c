"""`cbrn demo`: a whole bus on this machine, a real case played on it, and a check that everybody was told exactly once."""

from cbrn_deploy.demo.play import Plan, run_demo

__all__ = ["Plan", "run_demo"]
