"""Sources of the project, as the tests that read them need them."""

import ast
import gc


def syntax_of(source):
    """Parse a source while nothing is collected.

    One whole run in some fifty ended with «AST constructor recursion depth mismatch»: CPython 3.11 counts the depth of
    all trees that it builds in one number, and what a collection runs (Hypothesis listens to it) may get in between.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        if collecting:
            gc.enable()
