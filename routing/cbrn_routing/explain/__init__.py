"""Why a body was told, and why another was not. Pure: a decision record and the book are enough."""
