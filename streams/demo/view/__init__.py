"""What people see of a demo: how far it is, live or line by line, and one event's whole way at the end."""
