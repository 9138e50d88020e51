#!/bin/sh
# The kernels of 64-bit Arm, on a machine that is none: builds them and their tests for it and
# runs these under qemu. 77, which CTest takes for "left out", where there is no compiler for Arm,
# no qemu or no doctest.
#
#   sh tests/engine/neon.sh FOLDER     what it makes lies there
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
folder=$1
compiler=aarch64-linux-gnu-g++
for tool in $compiler qemu-aarch64; do
    command -v $tool >/dev/null || {
        echo "qstar: the test of Arm's kernels is left out: it wants $tool"
        exit 77
    }
done
# The system's headers are for another processor, but for those that are of none.
doctest=$(printf '#include <doctest/doctest.h>\n' | c++ -E -x c++ - 2>/dev/null |
    sed -n 's|^# 1 "\(.*\)/doctest/doctest.h".*|\1|p' | head -n 1)
[ -n "$doctest" ] || { echo "qstar: the test of Arm's kernels is left out: no doctest"; exit 77; }
mkdir -p "$folder/include"
ln -sfn "$doctest/doctest" "$folder/include/doctest"
printf '#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN\n#include <doctest/doctest.h>\n' \
    >"$folder/main.cpp"

cd "$folder"
for file in engine/kernels/neon.cpp engine/kernels/scalar.cpp tests/engine/naive_kernels.cpp \
    engine/base/cpu.cpp engine/kernels/avx2.cpp engine/kernels/avx512.cpp \
    engine/base/elementary.cpp engine/base/random.cpp tests/engine/one_arithmetic_test.cpp \
    tests/engine/base/elementary_test.cpp; do
    echo "$source/$file"
done >files
echo "$folder/main.cpp" >>files
while read -r file; do
    object=$(echo "${file#"$source"/}" | tr / _).o
    $compiler -std=c++20 -O2 -ffp-contract=off -Wall -Wextra -DQSTAR_NEON -I"$source" -Iinclude \
        -c "$file" -o "$object"
    echo "$object"
done <files >objects
# shellcheck disable=SC2046
$compiler -static $(cat objects) -o kernels
exec qemu-aarch64 ./kernels
