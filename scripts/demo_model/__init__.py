"""The bundled demo model: what it learns, its training, its files and how well it does.

`demo/mlx-llm-server-demo` is made by four commands, all seeded (python -m mlx_llm_server.scripts.demo_model....):

    tokenizer build/tokenizer.json
    train build/float --tokenizer build/tokenizer.json     half an hour of a large GPU; any MLX device will do
    export build/float demo/mlx-llm-server-demo
    evaluate

`lessons` puts conversations together from the exercises of `abilities`, which are worded by `wording`, are about
what is in `material`, and call the tools of `toolbox`.
"""

from ...worker.blas import prefer_openblas

# Only before mlx is imported for the first time can it be given a faster BLAS.
prefer_openblas()
