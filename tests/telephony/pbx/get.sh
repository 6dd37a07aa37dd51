#!/usr/bin/env bash
# get.sh [SUITE]: unpacks Asterisk of another Debian suite into $PBX_DIR/full.
#
# Needs no root and changes nothing in the system: apt works in a private state folder with an empty package
# status, so it resolves the whole closure including libc; packages are only extracted, their scripts never run.
# The result starts with its own loader and libraries. Default suite: forky (Asterisk 22). About 65 MB.
#
# TEST_DEBIAN_MIRROR overrides the mirror; by default it is the one in this system's own apt sources.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
need apt-get dpkg-deb awk

suite=${1:-forky}
apt_dir=$PBX_DIR/apt-$suite
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# Packages of the closure that no loaded module needs: tools for maintainer scripts, init systems, databases
# that asterisk-modules links for modules which are not loaded.
unneeded='
  adduser base-passwd bash bsdutils coreutils dash debconf debianutils diffutils dpkg findutils
  grep gzip hostname login login.defs mailcap mawk media-types mount passwd sed tar util-linux
  lsb-base ncurses-base ncurses-bin perl* libperl* python3* libpam* sysvinit* init-system-helpers
  systemd* libsystemd-shared udev dbus* asterisk-core-sounds-* libmariadb* mariadb-* libfreetds*
  freetds-*
'

mirror_of_this_system() {
  local codename
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  shopt -s nullglob
  {
    # deb822 stanzas: "URIs:" and "Suites:" fields
    for file in /etc/apt/sources.list.d/*.sources; do
      grep -v '^#' "$file" | awk -v suite="$codename" '
        BEGIN { RS = ""; FS = "\n" }
        {
          uri = ""; match_found = 0
          for (i = 1; i <= NF; i++) {
            n = split($i, word, /[ \t]+/)
            if (tolower(word[1]) == "uris:") uri = word[2]
            if (tolower(word[1]) == "suites:")
              for (k = 2; k <= n; k++) if (word[k] == suite) match_found = 1
          }
          if (uri != "" && match_found) print uri
        }'
    done
    # one-line entries: deb [options] URI suite components
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
      [ -r "$file" ] || continue
      sed -nE 's/^deb[ \t]+(\[[^]]*\][ \t]+)?//p' "$file" |
        awk -v suite="$codename" '$2 == suite { print $1 }'
    done
  } | sed -n 1p
}

is_unneeded() {
  local pattern
  for pattern in $unneeded; do
    # shellcheck disable=SC2053
    [[ $1 == $pattern ]] && return 0
  done
  return 1
}

mirror=${TEST_DEBIAN_MIRROR:-$(mirror_of_this_system)}
[ -n "$mirror" ] || { echo "no Debian mirror in the apt sources: set TEST_DEBIAN_MIRROR" >&2; exit 1; }

mkdir -p "$apt_dir"/{etc,lists/partial,cache/archives/partial,packages}
echo "deb [signed-by=$keyring] $mirror $suite main" >"$apt_dir/etc/sources.list"
: >"$apt_dir/status"
apt=(
  apt-get
  -o Dir::Etc::sourcelist="$apt_dir/etc/sources.list"
  -o Dir::Etc::sourceparts=/dev/null
  -o Dir::Etc::preferencesparts=/dev/null
  -o Dir::State="$apt_dir"
  -o Dir::State::status="$apt_dir/status"
  -o Dir::Cache="$apt_dir/cache"
  -o APT::Install-Recommends=false
  -o APT::Sandbox::User="$(id -un)"
  -o Acquire::Languages=none
  -o Acquire::Check-Valid-Until=false   # a frozen mirror may carry an expired Release file
  -o Acquire::Retries=3
  -o Debug::NoLocking=1
)

"${apt[@]}" update -qq
set -f  # the patterns in $unneeded are for package names, not for files
wanted=()
closure=0
while read -r package; do
  closure=$((closure + 1))
  is_unneeded "$package" || wanted+=("$package")
done < <("${apt[@]}" -s install asterisk | awk '$1 == "Inst" { print $2 }')
set +f
echo "asterisk of $suite: ${#wanted[@]} of $closure packages"
[ "${#wanted[@]}" -gt 0 ] || { echo "the suite offers no asterisk" >&2; exit 1; }

rm -rf "$FULL" "$apt_dir"/packages/*
mkdir -p "$FULL"
(cd "$apt_dir/packages" && "${apt[@]}" download -qq "${wanted[@]}")
for package in "$apt_dir"/packages/*.deb; do
  dpkg-deb -x "$package" "$FULL"
done
rm -rf "$apt_dir"
