"""The pages: what is asked of them is checked at the door, each room is a router of its own."""
