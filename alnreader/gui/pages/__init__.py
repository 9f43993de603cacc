"""Pages that take the window's middle instead of a picture."""
