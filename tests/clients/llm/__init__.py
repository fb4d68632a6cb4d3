"""Simon Willison's command line tool `llm`."""
