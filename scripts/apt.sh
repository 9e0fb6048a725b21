# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Packages of any Debian release and architecture, without root and without touching the
# machine's own apt: a private apt configuration under the cache, with mirrors and proxies
# taken from the machine's. To be sourced after lib.sh.
#
# A release is a code name and stands for the release with its security updates and backports.

# The machine's own mirrors, one line each: URI, suite, origin (known once its lists were fetched).
# apt reads its configuration itself, in whichever format it is written.
apt_machine_sources() {
	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets 'Created-By: Packages' \
		--format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 2>/dev/null |
		awk '$3 == "main" && $1 !~ /^cdrom:/ { print $1, $2, $4 }' | sort -u
}

# apt_mirror SUITE-PATTERN: the mirror of the first of the machine's sources that fits and that is
# Debian, or may be
apt_mirror() {
	local origin
	for origin in Debian '\$\(ORIGIN\)|^$'; do
		apt_machine_sources | awk -v suite="$1" -v origin="$origin" \
			'$2 ~ suite && $3 ~ origin { print $1; exit }'
	done | head -n 1
}

# apt_configure RELEASE FOLDER
apt_configure() {
	local release=$1 folder=$2 main security suites
	main=$(apt_mirror '^(bullseye|bookworm|trixie|forky|sid|(old)*stable|testing|unstable)$')
	security=$(apt_mirror '^([a-z]+-security|[a-z]+/updates)$')
	[ -n "$main" ] || die "found no Debian mirror in this machine's apt sources (apt-get indextargets)"
	mkdir -p "$folder"/{lists/partial,archives/partial,empty}
	: >"$folder/status"
	suites="$release $release-backports"
	{
		printf 'Types: deb deb-src\nURIs: %s\nSuites: %s\n' "$main" "$suites"
		printf 'Components: main\nTargets: Packages Sources\n'
		printf 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n'
		if [ -n "$security" ]; then
			printf '\nTypes: deb deb-src\nURIs: %s\nSuites: %s\n' "$security" "$release-security"
			printf 'Components: main\nTargets: Packages Sources\n'
			printf 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n'
		fi
	} >"$folder/debian.sources"
	# Read after the machine's apt.conf, whose proxy settings shall hold and whose hooks shall not.
	cat >"$folder/apt.conf" <<END
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
APT::Architectures { "$AMP_HOST_ARCH"; "arm64"; };
APT::Sandbox::User "root";
APT::Get::List-Cleanup "true";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::Etc::SourceList "$folder/debian.sources";
Dir::Etc::SourceParts "$folder/empty";
Dir::Etc::Preferences "$folder/none";
Dir::Etc::PreferencesParts "$folder/empty";
Dir::State "$folder";
Dir::State::Lists "$folder/lists";
Dir::State::status "$folder/status";
Dir::State::extended_states "$folder/extended_states";
Dir::Cache "$folder";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Cache::Archives "$folder/archives";
END
}

# apt_in RELEASE apt-get|apt-cache ARGUMENT...
apt_in() {
	local release=$1 tool=$2
	shift 2
	"$tool" -q -c "$AMP_CACHE/apt/$release/apt.conf" "$@"
}

# apt_update RELEASE: fetches the lists of packages
apt_update() {
	local release=$1 folder
	folder=$AMP_CACHE/apt/$1
	apt_configure "$release" "$folder"
	step "Fetching the package lists of $release" "10 s" \
		apt_in "$release" apt-get update --error-on=any
	touch "$folder/updated"
}

apt_ready() { [ -e "$AMP_CACHE/apt/$1/updated" ] || with_lock "apt-$1" apt_update "$1"; }

# apt_versions RELEASE PACKAGE ARCH [PATTERN]: the versions there are, newest last
apt_versions() {
	apt_ready "$1"
	apt_in "$1" apt-cache madison "$2:$3" | awk -F ' *[|] *' '{ print $2 }' |
		{ grep -E -- "${4:-.}" || :; } | sort -uV
}

# apt_deb RELEASE PACKAGE ARCH FOLDER [PATTERN]: fetches the newest version into the folder and
# prints the file's path
apt_deb() {
	local release=$1 package=$2 arch=$3 folder=$4 pattern=${5:-.} version try
	mkdir -p "$folder"
	for try in 1 2; do
		version=$(apt_versions "$release" "$package" "$arch" "$pattern" | tail -n 1)
		if [ -n "$version" ]; then
			rm -f "$folder/${package}_"*.deb
			(cd "$folder" && apt_in "$release" apt-get download "$package:$arch=$version" >&2) && break
		fi
		# The lists may be older than what the mirror has now.
		[ "$try" = 1 ] || die "cannot fetch $package ($arch, version $pattern) of $release"
		with_lock "apt-$release" apt_update "$release"
	done
	echo "$folder/${package}_"*.deb
}

# apt_unpack RELEASE PACKAGE ARCH FOLDER [PATTERN]: the package's files, below the folder
apt_unpack() {
	local deb tmp
	tmp=$(mktemp -d "$AMP_CACHE/tmp.XXXXXX")
	mkdir -p "$4"
	deb=$(apt_deb "$1" "$2" "$3" "$tmp" "${5:-.}") || die "cannot fetch $2"
	dpkg-deb -x "$deb" "$4" || die "cannot unpack $deb"
	rm -rf "$tmp"
}

# apt_source RELEASE PACKAGE FOLDER: the newest source package, with Debian's patches applied, in
# FOLDER (which must not exist yet)
apt_source() {
	local tmp version
	version=$(apt_source_version "$1" "$2")
	[ -n "$version" ] || die "no source package $2 in $1"
	tmp=$(mktemp -d "$AMP_CACHE/tmp.XXXXXX")
	(cd "$tmp" && apt_in "$1" apt-get source --only-source --download-only "$2=$version") >&2 ||
		die "cannot fetch the source package $2 $version of $1"
	dpkg-source --no-check -x "$tmp"/*.dsc "$tmp/unpacked" >&2 ||
		die "cannot unpack the source package $2 $version of $1"
	mkdir -p "$(dirname "$3")"
	mv "$tmp/unpacked" "$3"
	rm -rf "$tmp"
}

# apt_source_version RELEASE PACKAGE: the newest version of a source package that the release has,
# backports left out
apt_source_version() {
	apt_ready "$1"
	apt_in "$1" apt-cache showsrc --only-source "$2" | sed -n 's/^Version: //p' |
		{ grep -v '~bpo' || :; } | sort -uV | tail -n 1
}
