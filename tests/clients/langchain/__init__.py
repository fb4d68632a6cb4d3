"""LangChain's ChatOpenAI."""
