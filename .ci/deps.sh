#!/bin/sh
# Checks for what the program's build needs and installs what is missing through the
# system's package manager. Silent and quick when all is there. Where nothing can
# be installed, says in one sentence what to install, and exits 2.
#
#   sh .ci/deps.sh [tests]     with what the tests need beside it: doctest, Vulkan (headers, a
#                              compiler of shaders, Mesa's driver, the validation layers), ccache,
#                              a compiler and an emulator for Arm, Open MPI, dpkg-dev and groff,
#                              pandas and matplotlib
set -u
tests=${1:-}

have_tool() { command -v "$1" >/dev/null 2>&1; }

# The compiler to build with: $CXX, or the system's.
find_compiler() {
    compiler=
    for name in ${CXX:-} c++ g++ clang++; do
        if have_tool "$name"; then compiler=$name; break; fi
    done
}

# Whether the compiler sees all headers, and the linker all libraries. One run of
# the compiler for all of them: it tells in a tenth of a second.
prefix=
if have_tool brew; then prefix=$(brew --prefix); fi
have_libraries() {
    { printf '%s\n' '#if !__has_include(<CLI/CLI.hpp>)' '#error' '#endif' \
        '#if !__has_include(<fmt/format.h>) || !__has_include(<nlohmann/json.hpp>)' \
        '#error' '#endif' \
        '#if !__has_include(<httplib.h>)' '#error' '#endif' \
        '#if !__has_include(<cblas.h>) && !__has_include(<openblas/cblas.h>)' \
        '#error' '#endif'
    if [ "$tests" = tests ]; then
        printf '%s\n' '#if !__has_include(<doctest/doctest.h>)' '#error' '#endif' \
            '#if !__has_include(<vulkan/vulkan.h>)' '#error' '#endif'
    fi; } |
        "$compiler" -std=c++17 -E -x c++ ${prefix:+-I"$prefix/include"} \
            ${prefix:+-I"$prefix/opt/openblas/include"} - >/dev/null 2>&1
}

have_all() {
    find_compiler
    have_tool cmake && have_tool ninja && have_tool pkg-config && [ -n "$compiler" ] &&
        { [ "$tests" != tests ] || have_tool glslangValidator || have_tool glslang ||
            have_tool glslc; } && have_libraries
}

# What a test is left out without: tried once, and nobody waits for a password for it.
#   add_packages TEST PACKAGES...
add_packages() {
    [ "$tests" = tests ] && have_tool apt-get || return 0
    test=$1
    shift
    root=
    if [ "$(id -u)" -ne 0 ]; then
        have_tool sudo && sudo -n true 2>/dev/null || return 0
        root="sudo -n"
    fi
    echo "qstar: installing with apt: $*" >&2
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        "$@" </dev/null || echo "qstar: they are not to be had; the test of $test is left out" >&2
}

# Python that reads tables and draws, of whoever is first on the path or of the system.
have_notebook() {
    for python in python3 /usr/bin/python3; do
        "$python" -c 'from importlib.util import find_spec as f
exit(not (f("pandas") and f("matplotlib")))' 2>/dev/null && return 0
    done
    return 1
}

# A compiler for 64-bit Arm and its emulator; Open MPI; what packages are made and a manual is read
# with; Python for notebooks.
add_optional() {
    if [ "$(uname -m)" = x86_64 ]; then
        if ! have_tool aarch64-linux-gnu-g++ || ! have_tool qemu-aarch64; then
            add_packages "Arm's kernels" g++-aarch64-linux-gnu qemu-user
        fi
    fi
    if ! have_tool mpirun || ! pkg-config --exists ompi-c 2>/dev/null; then
        add_packages "many ranks" libopenmpi-dev openmpi-bin
    fi
    if ! have_tool dpkg-shlibdeps || ! have_tool groff; then
        add_packages "the package" dpkg-dev groff-base
    fi
    have_notebook || add_packages "the notebook" python3-pandas python3-matplotlib
}

if have_all; then add_optional; exit 0; fi

# The names of the same things in each system. With Vulkan's headers and its compiler of
# shaders come Mesa's driver, which computes on the processor where there is no GPU, and the
# layer that checks how Vulkan is called: the tests use both.
for_tests=
if have_tool apt-get; then
    manager=apt
    packages="g++ cmake ninja-build libopenblas-dev libcli11-dev nlohmann-json3-dev \
libfmt-dev libcpp-httplib-dev pkg-config"
    for_tests="doctest-dev libvulkan-dev glslang-tools mesa-vulkan-drivers \
vulkan-validationlayers ccache"
elif have_tool dnf; then
    manager=dnf
    packages="gcc-c++ cmake ninja-build openblas-devel cli11-devel json-devel \
fmt-devel cpp-httplib-devel pkgconf-pkg-config"
    for_tests="doctest-devel vulkan-headers vulkan-loader glslang mesa-vulkan-drivers \
vulkan-validation-layers ccache"
elif have_tool pacman; then
    manager=pacman
    packages="gcc cmake ninja openblas cli11 nlohmann-json fmt cpp-httplib pkgconf"
    for_tests="doctest vulkan-headers vulkan-icd-loader glslang vulkan-swrast \
vulkan-validation-layers ccache"
elif have_tool brew; then
    manager=brew
    packages="cmake ninja openblas cli11 nlohmann-json fmt cpp-httplib pkgconf"
    for_tests="doctest vulkan-headers glslang molten-vk ccache"
else
    echo "qstar: please install a C++20 compiler, cmake, ninja, OpenBLAS, doctest," \
        "CLI11, nlohmann-json, fmt, cpp-httplib and pkg-config, for the tests Vulkan's headers and" \
        "glslang, too (no apt, dnf, pacman or brew was found to do it)" >&2
    exit 2
fi
if [ "$tests" = tests ]; then packages="$packages $for_tests"; fi

# Root installs at once; others need sudo, which may ask for the password only
# where somebody can type it.
as_root=
if [ "$manager" != brew ] && [ "$(id -u)" -ne 0 ]; then
    if have_tool sudo && sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    elif have_tool sudo && [ -t 0 ] && [ -z "${CI:-}" ]; then
        as_root=sudo
    else
        echo "qstar: please install as root, for it cannot be done here: $packages" >&2
        exit 2
    fi
fi

echo "qstar: installing with $manager: $packages" >&2
case $manager in
apt)
    install="$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y \
--no-install-recommends $packages"
    # A bare image has no package lists; those of an old one name files that are gone.
    if [ -z "$(find /var/lib/apt/lists -name '*_Packages*' 2>/dev/null | head -n 1)" ]; then
        $as_root apt-get update </dev/null && $install </dev/null
    else
        $install </dev/null || { $as_root apt-get update </dev/null && $install </dev/null; }
    fi
    ;;
dnf) $as_root dnf install -y $packages </dev/null ;;
pacman) $as_root pacman -S --needed --noconfirm $packages </dev/null ;;
brew) brew install $packages </dev/null ;;
esac || {
    echo "qstar: $manager could not install all of: $packages; please install them by hand" >&2
    exit 2
}

add_optional
if ! have_all; then
    echo "qstar: something is still missing after the installation of: $packages" >&2
    exit 2
fi
