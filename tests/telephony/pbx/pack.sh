#!/usr/bin/env bash
# pack.sh: from $PBX_DIR/full keeps only what the tests load and packs it as $PBX_DIR/asterisk.tar.zst (15 MB),
# the file for a CI cache: binary, loader, the modules named in both modules.conf, the libraries these link.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
need zstd tar awk
[ -d "$FULL" ] || { echo "run get.sh first" >&2; exit 1; }

to=$PBX_DIR/packing
rm -rf "$to"
mkdir -p "$to/usr/sbin" "$to/$LIB/asterisk/modules" "$to/usr/share/asterisk/documentation"

cp "$FULL/usr/sbin/asterisk" "$to/usr/sbin/"
cp -L "$FULL/$LIB/$LOADER" "$to/$LIB/"
for module in $(sed -n 's/^load = //p' "$HERE/etc/modules.conf" "$ROOT/deploy/asterisk/modules.conf"); do
  cp "$FULL/$LIB/asterisk/modules/$module" "$to/$LIB/asterisk/modules/"
done
# sorcery refuses to start without the XML documentation
cp "$FULL"/usr/share/asterisk/documentation/*.x* "$to/usr/share/asterisk/documentation/"

libraries_of() {
  "$FULL/$LIB/$LOADER" --list --library-path "$FULL/$LIB:$FULL/$LIB/asterisk" "$1" 2>/dev/null || true
}

for binary in "$to/usr/sbin/asterisk" "$to/$LIB"/asterisk/modules/*.so; do
  libraries_of "$binary"
done | awk '/=>/ { print $3 }' | sort -u | while read -r library; do
  case $library in
    */asterisk/*) cp -L "$library" "$to/$LIB/asterisk/" ;;
    /*) cp -L "$library" "$to/$LIB/" ;;
  esac
done

tar -C "$to" -c . | zstd -q -10 -T2 -f -o "$ARCHIVE.part"
mv "$ARCHIVE.part" "$ARCHIVE"
rm -rf "$to"
