"""Speed, measured against peers on the same broker in the same run: `python -m tests.bench`."""
