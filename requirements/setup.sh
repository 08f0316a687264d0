# shellcheck shell=sh
# Sets up .venv beside the project from a hash-checked lock; ./rag and ./test read this file.
# They set `root` to the project's folder, and call: set_up default|dev

# What a newcomer is told before the wait, for each lock.
download_size() { case $1 in default) echo 250 ;; *) echo 310 ;; esac; }

set_up() {
  venv=$root/.venv log=$root/.venv/set-up.log child='' has_turn=''
  if is_current "$1"; then return 0; fi
  mkdir -p "$venv" 2>/dev/null && [ -w "$venv" ] ||
    stop_with "$venv cannot be written." "Run this as the owner of $root, or copy the folder to a place of yours."
  trap 'release 130' INT
  trap 'release 143' TERM HUP
  wait_for_turn
  # Whoever had the turn before us may have done the work.
  if ! is_current "$1"; then install_everything "$1"; fi
  end_turn
  trap - INT TERM HUP
}

# --- Is there anything to do?

is_current() {
  [ -x "$venv/bin/python" ] && [ ! -e "$venv/unfinished" ] && is_stamped place && is_stamped project && is_stamped "$1"
}

is_stamped() { [ "$(cat "$venv/set-up-$1" 2>/dev/null)" = "$(stamp_of "$1")" ]; }

stamp_of() {
  case $1 in
    place) echo "$root" ;; # an environment that was moved or copied does not work
    project) cksum <"$root/pyproject.toml" ;;
    *) cksum <"$root/requirements/$1.txt" ;;
  esac
}

# --- One at a time

# The lock is a link that points to "host:pid": made in one step, and it says whose it is.
wait_for_turn() {
  told=''
  until ln -s "$(uname -n):$$" "$venv/lock" 2>/dev/null; do
    holder=$(readlink "$venv/lock") || continue
    if is_gone "$holder"; then
      clear_away "$holder"
    elif [ -z "$told" ]; then
      say "Waiting until process ${holder##*:} has set up $venv …"
      told=yes
    fi
    sleep 1
  done
  has_turn=yes
}

# Moved aside and looked at once more: somebody quicker may have cleared it, and taken the turn, by now.
clear_away() {
  mv "$venv/lock" "$venv/lock.$$" 2>/dev/null || return 0
  found=$(readlink "$venv/lock.$$")
  [ "$found" = "$1" ] || ln -s "$found" "$venv/lock" 2>/dev/null || :
  rm -f "$venv/lock.$$"
}

end_turn() {
  [ -z "$has_turn" ] || rm -f "$venv/lock"
  has_turn=''
}

is_gone() {
  [ "${1%:*}" = "$(uname -n)" ] && ! kill -0 "${1##*:}" 2>/dev/null && [ ! -d "/proc/${1##*:}" ]
}

release() {
  [ -z "$child" ] || kill "$child" 2>/dev/null || :
  end_turn
  say "Interrupted. The next call sets it up again."
  exit "$1"
}

# --- The work

install_everything() {
  began=$(date +%s)
  remove_if_broken
  find_python
  if [ -e "$venv/set-up-place" ]; then
    say "Bringing $venv up to date …"
  else
    say "Setting up $venv (once; about $(download_size "$1") MB to download) …"
  fi
  : >"$venv/unfinished"
  : >"$log"
  rm -f "$venv"/set-up-*
  install_by_uv "$1" || install_by_pip "$1" || stop_with_log
  # Whatever ./rag needs, ./test needs too: its lock holds all of the other.
  [ "$1" != dev ] || stamp_of default >"$venv/set-up-default"
  for what in "$1" project place; do stamp_of "$what" >"$venv/set-up-$what"; done
  rm -f "$venv/unfinished"
  say "Set up in $(($(date +%s) - began)) s."
}

# An interrupted, moved or outdated environment starts anew; a sound one that somebody made is kept.
remove_if_broken() {
  if [ ! -e "$venv/unfinished" ] && is_new_enough "$venv/bin/python" &&
    { [ ! -e "$venv/set-up-place" ] || is_stamped place; }; then
    return 0
  fi
  for entry in "$venv"/* "$venv"/.[!.]*; do
    [ "$entry" = "$venv/lock" ] || rm -rf "$entry"
  done
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

makes_environments() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

has_uv() { command -v uv >/dev/null 2>&1; }

# Gives `python`: the first that is new enough and, where uv is missing, can make environments.
find_python() {
  without_venv=''
  for python in "$venv/bin/python" python3 python3.13 python3.12 python3.14 python3.11 python; do
    is_new_enough "$python" || continue
    if has_uv || makes_environments "$python"; then return 0; fi
    without_venv=${without_venv:-$python}
  done
  if has_uv; then
    python='>=3.11' # uv fetches one of its own, where the user's configuration lets it
  elif [ -n "$without_venv" ]; then
    version=$("$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    stop_with "Python $version is here, but its venv module is not." "$(how_to_get "python$version-venv")"
  else
    stop_with "Python 3.11 or newer is needed, and none was found on PATH." "$(how_to_get python)"
  fi
}

install_by_uv() {
  has_uv || return 1
  if [ ! -x "$venv/bin/python" ]; then
    quietly uv venv --allow-existing --python "$python" "$venv" || return 1
  fi
  quietly uv pip install --python "$venv/bin/python" --compile-bytecode --no-deps --require-hashes \
    -r "$root/requirements/$1.txt" || return 1
  quietly uv pip install --python "$venv/bin/python" --no-deps --no-build-isolation -e "$root"
}

# Also the second try where uv failed: pip may be told of a package index that uv is not.
install_by_pip() {
  makes_environments "$python" || return 1
  if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    quietly "$python" -m venv "$venv" || return 1
  fi
  # A user's configuration may ask for --user, which an environment refuses.
  quietly "$venv/bin/python" -m pip install --disable-pip-version-check --no-user --no-deps --require-hashes \
    -r "$root/requirements/$1.txt" || return 1
  quietly "$venv/bin/python" -m pip install --disable-pip-version-check --no-user --no-deps \
    --no-build-isolation -e "$root"
}

# Runs a command with its output in the log, and shows on a terminal that time passes.
quietly() {
  "$@" >>"$log" 2>&1 </dev/null &
  child=$!
  if [ -t 2 ]; then
    while kill -0 "$child" 2>/dev/null; do
      printf . >&2
      sleep 1
    done
    printf '\r\033[K' >&2
  fi
  code=0
  wait "$child" || code=$?
  child=''
  return $code
}

# --- Words

say() { printf '%s\n' "$*" >&2; }

stop_with() {
  end_turn
  say "Error: $1"
  say "$2"
  exit 1
}

stop_with_log() {
  tail -n 15 "$log" >&2
  stop_with "The packages could not be installed. The last lines of $log are above." \
    "Run the same command again when that is mended; it starts anew."
}

# Gives the line to type on this system; $1 is `python`, or the package with a Python's venv module.
how_to_get() {
  if [ "$(id -u)" = 0 ]; then sudo=''; else sudo='sudo '; fi
  if command -v apt-get >/dev/null 2>&1; then
    if [ "$1" = python ]; then packages='python3 python3-venv'; else packages=$1; fi
    echo "Type: ${sudo}apt-get update && ${sudo}apt-get install -y $packages"
  elif command -v brew >/dev/null 2>&1 || [ "$(uname)" = Darwin ]; then
    echo "Type: brew install python@3.13"
  elif command -v dnf >/dev/null 2>&1; then
    echo "Type: ${sudo}dnf install -y python3.12"
  elif command -v apk >/dev/null 2>&1; then
    echo "Type: ${sudo}apk add python3"
  else
    echo "Install Python 3.11 or newer with its venv module, or uv, and run this again."
  fi
}
