"""What an operator runs beside the server: they ask a server, or look at the machine."""
