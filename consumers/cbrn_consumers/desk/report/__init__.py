"""Events made from forms, and forms from the kinds of events. No page."""
