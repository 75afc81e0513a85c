"""What the treaties ask the country to tell others, by when: raised by facts, drafted, released by persons. Pure."""
