# Makes .venv with everything that running, testing and developing need. Sourced by the other scripts.
# Made anew when pyproject.toml is newer than it; PYTHON chooses the interpreter.
if [ ! .venv/ready -nt pyproject.toml ]; then
  python=${PYTHON:-python3}
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON."; exit 1; }
  echo "Making the environment in .venv ..."
  "$python" -m venv .venv
  .venv/bin/python -m pip install --quiet --upgrade "pip>=25.1"
  extra=
  [ "$(uname)" = Linux ] && extra="[${MLX_EXTRA:-cpu}]"
  # setuptools warns that a package named as its folder may confuse; here it can't be.
  PYTHONWARNINGS=ignore .venv/bin/python -m pip install --quiet --editable ".$extra" --group dev
  # basedpyright can't follow an editable install whose package is the root, but can follow a link.
  mkdir -p .venv/root && ln -sfn ../.. .venv/root/mlx_llm_server
  touch .venv/ready
fi
