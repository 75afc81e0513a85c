"""Commands about duties."""
