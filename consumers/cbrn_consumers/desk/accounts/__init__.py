"""Who signs in, and what they may see and do: accounts, sessions, rights. No page."""
