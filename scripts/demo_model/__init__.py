"""The bundled demo model: its data, its training, its files and how well it does."""
