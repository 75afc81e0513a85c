"""One module a step, none ever changed."""
