"""How events move: the Faust apps, delivery guarantees, settings, the command line and the worker's web server."""
