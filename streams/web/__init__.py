"""The worker's own web server, and the webhook endpoint that it serves."""
