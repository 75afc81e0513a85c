"""Maps, plots and figures, drawn by the server as SVG. Pure; no page."""
