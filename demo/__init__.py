"""The model that comes with the package and is served when no other is named.

Its folder is laid out as any model's, its card beside it; clients know it by the folder's name.
"""

from pathlib import Path

DEMO_MODEL = Path(__file__).parent / "mlx-llm-server-demo"
