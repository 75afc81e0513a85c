"""Commands about rule books."""
