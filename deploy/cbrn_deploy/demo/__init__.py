"""`cbrn demo`: a whole bus on this machine, a real case played on it, a check that all were told exactly once."""

from cbrn_deploy.demo.play import Plan, run_demo

__all__ = ["Plan", "run_demo"]
