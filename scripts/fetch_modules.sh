#!/bin/sh
# Brings third-party files to third_party/NAME/ at the versions and SHA-256 sums of third_party.tsv.
# Does nothing, and needs no network, when they are there already.  Nothing on the host is changed:
# Debian sources are looked up through a private sources list under third_party/.apt.
# usage: fetch_modules.sh [--quiet] [--list] [--build] [NAME...]      (default: all)
#   --build  only what the image needs        --list  say what is there and stop
# A host that is not Debian: put the file named in the table at third_party/NAME/ by hand (the last
# column names the project's own release), the sum is checked all the same.
set -eu
cd "$(dirname "$0")/.."
table=scripts/third_party.tsv
top=$PWD/third_party
apt=$top/.apt
tab=$(printf '\t')
quiet='' list='' only_build='' wanted=''
for argument; do
	case $argument in
	--quiet) quiet=1 ;;
	--list) list=1 ;;
	--build) only_build=1 ;;
	-*) echo "fetch_modules: unknown option $argument" >&2; exit 2 ;;
	*) wanted="$wanted $argument" ;;
	esac
done

say() { [ -n "$quiet" ] || echo "$@"; }
has_sum() { [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$2" ]; }

fail() {
	echo "fetch_modules: $*" >&2
	exit 1
}

private_apt() { # apt-get with our own source lists, so that no root and no change to /etc is needed
	apt-get -qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$apt/parts" \
		-o Dir::State::Lists="$apt/lists" -o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache= \
		-o APT::Sandbox::User= "$@"
}

private_sources() { # the host's Debian entries, as source entries
	[ ! -f "$apt/parts/debian.sources" ] || return 0
	mkdir -p "$apt/parts" "$apt/lists/partial"
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -f "$f" ] || continue
		grep -q debian-archive-keyring "$f" || continue
		sed 's/^Types:.*/Types: deb-src/' "$f"
		echo
	done >"$apt/parts/debian.sources.new"
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -f "$f" ] && sed -n 's/^deb \(.*debian.*\)$/deb-src \1/p' "$f"
	done >"$apt/parts/debian.list"
	mv "$apt/parts/debian.sources.new" "$apt/parts/debian.sources"
	private_apt update || { rm -rf "$apt/parts"; return 1; }
}

get_deb() { # get_deb PACKAGE VERSION TAKE DESTINATION
	rm -rf "$apt/deb" && mkdir -p "$apt/deb"
	(cd "$apt/deb" && apt-get -qq -o APT::Sandbox::User= download "$1=$2") 2>"$apt/error" || return 1
	dpkg-deb -x "$apt"/deb/*.deb "$apt/deb/x"
	cp "$apt/deb/x/$3" "$4"
	rm -rf "$apt/deb"
}

get_src() { # get_src PACKAGE VERSION TAKE DESTINATION
	private_sources 2>"$apt/error" || return 1
	rm -rf "$apt/src" && mkdir -p "$apt/src"
	case $3 in *.orig.*) part=--tar-only ;; *) part=--download-only ;; esac
	(cd "$apt/src" && { private_apt source --download-only "$part" "$1=$2" ||
		private_apt source --download-only "$part" "$1"; }) >"$apt/error" 2>&1 || return 1
	mv "$apt/src/$3" "$4"
	rm -rf "$apt/src"
}

explain() { # explain NAME PACKAGE VERSION FILE SUM UPSTREAM
	[ ! -s "$apt/error" ] || sed 's/^/  /' "$apt/error" >&2
	now=$(apt-cache policy "$2" 2>/dev/null | sed -n 's/^  Candidate: //p')
	fail "$1: could not get $2 $3.
  The mirror has: ${now:-nothing by that name (no lists? try: apt-get update)}.
  Put the file by hand at $4 (SHA-256 $5; upstream release: $6),
  or pin another version in $table."
}

fetch_one() { # the columns of one row
	name=$1 package=$2 version=$3 kind=$4 take=$6 sum=$7 upstream=$8
	file=$top/$name/$(basename "$take")
	if has_sum "$file" "$sum"; then
		say "$name $version: there"
	elif [ -n "$list" ]; then
		say "$name $version: missing"
		return
	else
		mkdir -p "$top/$name" "$apt"
		exec 9>"$apt/lock"
		flock 9 # make fetches several at once, and they share what lies under third_party/.apt
		: >"$apt/error"
		if [ "$kind" = deb ] && has_sum "/$take" "$sum"; then # the host has that very version
			cp "/$take" "$file"
			say "$name $version: copied from /$take"
			return
		fi
		command -v apt-get >/dev/null || explain "$name" "$package" "$version" "$file" "$sum" "$upstream"
		"get_$kind" "$package" "$version" "$take" "$file.new" ||
			explain "$name" "$package" "$version" "$file" "$sum" "$upstream"
		has_sum "$file.new" "$sum" || fail "$name: SHA-256 of what was fetched is
  $(sha256sum <"$file.new" | cut -d' ' -f1), not $sum; left as $file.new"
		mv "$file.new" "$file"
		say "$name $version: fetched"
	fi
	case $kind in src) unpack "$file" "$top/$name/src" ;; esac
}

unpack() { # unpack TARBALL FOLDER: without the one folder that most tarballs have at their top
	[ ! -d "$2" ] || return 0
	rm -rf "$2.new" && mkdir -p "$2.new"
	tar -xf "$1" -C "$2.new"
	from=$2.new
	[ "$(find "$from" -mindepth 1 -maxdepth 1 | wc -l)" != 1 ] || from=$(find "$from" -mindepth 1 -maxdepth 1)
	mv "$from" "$2"
	rm -rf "$2.new"
}

is_wanted() { # is_wanted NAME USE
	[ -z "$only_build" ] || [ "$2" = build ] || return 1
	[ -n "$wanted" ] || return 0
	case "$wanted " in *" $1 "*) return 0 ;; esac
	return 1
}

for name in $wanted; do
	cut -f1 "$table" | grep -qxF "$name" || fail "no $name in $table"
done
grep -v '^#' "$table" >"${TMPDIR:-/tmp}/fetch.$$"
trap 'rm -f "${TMPDIR:-/tmp}/fetch.$$"' EXIT
while IFS=$tab read -r name package version kind use take sum upstream; do
	! is_wanted "$name" "$use" || fetch_one "$name" "$package" "$version" "$kind" "$use" "$take" "$sum" "$upstream"
done <"${TMPDIR:-/tmp}/fetch.$$"
