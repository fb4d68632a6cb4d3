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
  .venv/bin/python -m pip install --quiet --editable ".$extra" --group dev
  touch .venv/ready
fi
# MLX's Linux CPU wheel has a slow BLAS; the worker finds OpenBLAS by itself once it is there.
if [ "$(uname)" = Linux ] && ! ldconfig -p 2>/dev/null | grep -q libopenblas.so.0; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get update -qq && apt-get install -qq -y libopenblas0-pthread; } >/dev/null 2>&1 || true
  fi
  ldconfig -p 2>/dev/null | grep -q libopenblas.so.0 || echo "For speed on this CPU: apt-get install libopenblas0-pthread"
fi
