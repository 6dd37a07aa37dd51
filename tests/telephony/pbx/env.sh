# shellcheck shell=bash disable=SC2034
# env.sh: folders and platform names of the scripts beside it. Sourced, not run.
#
# TEST_PBX_DIR  where Asterisk is unpacked; default: frontline/pbx in the XDG cache folder. Keep it short:
#               Asterisk's control socket lies below it (limit of a Unix socket's path: 107).
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../../.." && pwd)
PBX_DIR=${TEST_PBX_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/frontline/pbx}
FULL=$PBX_DIR/full
ARCHIVE=$PBX_DIR/asterisk.tar.zst

case $(dpkg --print-architecture) in
  amd64) LIB=usr/lib/x86_64-linux-gnu  LOADER=ld-linux-x86-64.so.2 ;;
  arm64) LIB=usr/lib/aarch64-linux-gnu LOADER=ld-linux-aarch64.so.1 ;;  # not tested
  *) echo "unsupported architecture: $(dpkg --print-architecture)" >&2; exit 1 ;;
esac

need() {  # need COMMAND...: stop with a clear message when a command is missing
  local command
  for command in "$@"; do
    command -v "$command" >/dev/null || { echo "missing command: $command" >&2; exit 1; }
  done
}
