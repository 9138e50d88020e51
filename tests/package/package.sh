#!/bin/sh
# The program as others get it: installed, as a .deb and as a .tar.gz, each started in a root of its
# own in which there is no compiler, no package and, where this may be had (chroot), no file but the
# package's and the libraries that it names. There the quick demo is made and its page is served.
# What is not there to test with is said and left out.
#
#   sh tests/package/package.sh BUILD FOLDER [VERSION]     what it makes lies in FOLDER
set -eu
build=$1
folder=$2
version=$3
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
folder=$(pwd)
failed=0
fail() {
    echo "FAILED: $*"
    failed=1
}
left_out() { echo "qstar: left out: $*"; }
have() { command -v "$1" >/dev/null 2>&1; }
seconds() { echo "$(($(date +%s) - started)) s: $*"; }
started=$(date +%s)

# there TREE: the files that every form of it has.
there() {
    for file in bin/qstar 'share/man/man1/qstar.1*' share/doc/qstar/copyright \
        share/doc/qstar/README.md share/doc/qstar/eval/README.md \
        share/bash-completion/completions/qstar 'share/zsh/*/_qstar'; do
        # shellcheck disable=SC2086
        [ -s "$(ls $1/$file 2>/dev/null)" ] || fail "$1: there is no $file"
    done
}

# 1. make install.
DESTDIR=$folder/installed cmake --install "$build" --prefix /opt/any --strip >install.log
there installed/opt/any
[ "$(find installed -type f | wc -l)" -eq "$(find installed/opt/any -type f | wc -l)" ] ||
    fail "installed: files outside the prefix"

# 2. make package.
cpack --config "$build/CPackConfig.cmake" -B "$folder/packages" >cpack.log 2>&1 ||
    { cat cpack.log; exit 1; }
mkdir tar deb
tar -xzf packages/qstar-"$version"-*.tar.gz -C tar --strip-components=1
there tar
deb=$(find packages -maxdepth 1 -name '*.deb')
if [ -n "$deb" ] && have dpkg; then
    [ "${deb##*/}" = "qstar_${version}_$(dpkg --print-architecture).deb" ] || fail "name: $deb"
    dpkg -x "$deb" deb
    there deb/usr
    depends=$(dpkg-deb -f "$deb" Depends)
    case $depends in *libc6*libfmt*) ;; *) fail "Depends: $depends" ;; esac
    # What only GPUs, many machines and benchmarks want.
    case $depends in *vulkan* | *mpi* | *blas*) fail "Depends: $depends" ;; esac
    [ "$(dpkg-deb -f "$deb" Recommends)" = libvulkan1 ] || fail "it does not recommend libvulkan1"
    ls -l "$deb" && echo "Depends: $depends" && dpkg-deb -f "$deb" Installed-Size
else
    left_out "the .deb: it wants Debian's dpkg-dev"
fi
ls -l packages/*.tar.gz
seconds "packed"

# 3. Roots with nothing else in them.
libraries() { # of a program, where it was linked: their paths
    ldd "$1" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) .*/\1/p'
}
bring() { # TREE PATHS...
    tree=$1
    shift
    for file in "$@"; do
        mkdir -p "$tree$(dirname "$file")"
        cp -L "$file" "$tree$file"
    done
}
# The tar.gz brings all but the C library; a .deb's come by its Depends.
# shellcheck disable=SC2046
bring tar $(libraries tar/bin/qstar | grep -v "$folder/tar" |
    grep -E '/(ld-|lib(c|m|dl|rt|pthread|resolv)\.so)')
if [ -d deb/usr ]; then
    # shellcheck disable=SC2046
    bring deb $(libraries deb/usr/bin/qstar)
fi
for tree in tar deb; do mkdir -p $tree/tmp; done
if [ "$(id -u)" -eq 0 ] && LD_ORIGIN_PATH=/bin chroot tar /bin/qstar --version >/dev/null; then
    enter=chroot
elif have unshare && LD_ORIGIN_PATH=/bin unshare -r chroot tar /bin/qstar --version >/dev/null; then
    enter="unshare -r chroot"
else
    enter=
    left_out "roots without other files: chroot is not permitted here"
fi
# (in_root TREE PROGRAM WORDS...): the shell becomes the program, with nothing in its environment
# but where it lies, which Linux's own loader asks /proc for.
in_root() {
    tree=$1 program=$2
    shift 2
    if [ -n "$enter" ]; then
        # shellcheck disable=SC2086
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LD_ORIGIN_PATH="${program%/*}" \
            $enter "$tree" "$program" "$@"
    else
        cd "$tree/tmp"
        exec env -i PATH=/usr/bin:/bin HOME="$PWD" "$folder/$tree$program" "$@"
    fi
}
run=quick # below the folder that it is called in
[ -z "$enter" ] || run=/tmp/quick

version_in() { # TREE PROGRAM
    (in_root "$1" "$2" --version) >"$1.version"
    grep -q "^qstar $version" "$1.version" && grep -q "^families gpt2, llama" "$1.version" &&
        grep -q "^devices cpu" "$1.version" || fail "$1: $(cat "$1.version")"
}
version_in tar /bin/qstar
cat tar.version
[ ! -d deb/usr ] || version_in deb /usr/bin/qstar
(in_root tar /bin/qstar demo --quick --run "$run") >demo.log 2>&1 ||
    { cat demo.log; fail "the demo"; }
[ -s tar/tmp/quick/report.html ] || fail "the demo wrote no report"
seconds "the quick demo"

# 4. Its page, by the .deb's program where there is one, asked from here.
get() { # URL FILE
    if have curl; then
        curl -sf "$1" -o "$2"
    elif have python3; then
        python3 -c 'import sys, urllib.request
page = urllib.request.urlopen(sys.argv[1]).read()
open(sys.argv[2], "wb").write(page)' "$1" "$2"
    else
        return 77
    fi
}
if ! "$build/qstar" --version | grep -q httplib; then
    left_out "eval serve: the program was built without cpp-httplib"
elif ! have curl && ! have python3; then
    left_out "eval serve: it wants curl or python3 to ask for the page"
else
    tree=tar program=/bin/qstar
    if [ -d deb/usr ]; then
        tree=deb program=/usr/bin/qstar
        cp -R tar/tmp/quick deb/tmp/quick
    fi
    in_root $tree $program eval serve --run "$run" --port 0 >serve.log 2>&1 &
    server=$!
    tries=0
    while ! grep -q '^http://' serve.log && [ $tries -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    address=$(sed -n 's/^\(http:[^ ]*\)$/\1/p' serve.log)
    get "$address" page.html || fail "eval serve: no page at \"$address\": $(cat serve.log)"
    grep -qi '<!doctype html' page.html || fail "eval serve: no page of HTML"
    kill "$server" || fail "eval serve: it had ended"
    wait "$server" || fail "eval serve: it ended with status $?"
fi
# What the notebook's test reads.
mv tar/tmp/quick quick
seconds "all"
exit $failed
