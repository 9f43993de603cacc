"""The window. The only room that knows Qt; torch is imported in a worker thread, when it is first needed."""
