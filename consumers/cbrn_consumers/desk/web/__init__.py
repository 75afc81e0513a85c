"""The pages: what is asked of them is checked at the door, each room is a router of its own."""

__all__ = ["app", "bus", "door", "on_duty", "render", "ring", "streams", "visit", "words"]
