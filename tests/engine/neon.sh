#!/bin/sh
# 64-bit Arm on a machine that is none: builds for it and runs under qemu the kernels with their
# tests, and the training and search of `engine verify --only puzzle` and `qwen3`, whose bytes are
# the published ones. 77, which CTest takes for "left out", where there is no compiler for Arm, no
# qemu or no doctest.
#
#   sh tests/engine/neon.sh FOLDER [all | demo]    what it makes lies there; all: the whole
#                    `engine verify`; demo: the whole program, and its `demo --quick` (hours)
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
folder=$1
parts=${2:-puzzle qwen3}
left_out() {
    echo "qstar: the test of Arm is left out: it wants $1"
    exit 77
}
command -v qemu-aarch64 >/dev/null || left_out qemu-aarch64
compiler=aarch64-linux-gnu-g++
command -v $compiler >/dev/null || left_out $compiler
command -v ccache >/dev/null && compiler="ccache $compiler"
# The system's headers are for another processor, but for those that are of none.
mkdir -p "$folder/include"
for header in doctest/doctest.h fmt/format.h nlohmann/json.hpp CLI/CLI.hpp; do
    found=$(printf '#include <%s>\n' $header | c++ -E -x c++ - 2>/dev/null |
        sed -n "s|^# 1 \"\(.*\)/$header\".*|\1|p" | head -n 1)
    [ -n "$found" ] || left_out $header
    ln -sfn "$found/${header%%/*}" "$folder/include/${header%%/*}"
done
cd "$folder"

cat >verify_main.cpp <<'END'
#include "engine/base/parallel.h"
#include "eval/verify/verify.h"
#include <exception>
#include <fmt/format.h>
int main(int argc, char** argv) try {
    qstar::engine::set_threads(1);
    qstar::eval::VerifyOptions options;
    if (argc > 1) options.only = argv[1];
    qstar::eval::verify(options);
} catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
}
END
printf '#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN\n#include <doctest/doctest.h>\n' >test_main.cpp
# embed NAMESPACE FUNCTION FILE...: what CMake makes of the template (qstar_embed)
embed() {
    space=$1 function=$2 files=
    shift 2
    for file; do
        files="$files    {\"$(basename "$file")\", R\"TEXT($(cat "$file")
)TEXT\"},
"
    done
    SPACE=$space FUNCTION=$function FILES=$files awk '{
        gsub("@space@", ENVIRON["SPACE"])
        gsub("@function@", ENVIRON["FUNCTION"])
        if ($0 ~ /^@files@/) $0 = ENVIRON["FILES"] substr($0, 8)
    } 1' "$source/engine/io/embedded_files.cpp.in"
}
embed eval published_files "$source/eval/verify/hashes.txt" >published_files.cpp
embed search moves_files "$source"/search/puzzles/moves/*.json >moves_files.cpp
embedded="published_files moves_files"
floors="engine tokenizer search train eval/verify"
main=verify_main
level=-Og # what computes most are the kernels; the rest is compiled more often than it runs
if [ "$parts" = demo ]; then
    embed eval::lessons lesson_files "$source"/eval/lessons/text/*.md >lesson_files.cpp
    embed eval page_files "$source"/eval/serve/page/* >page_files.cpp
    embed eval report_assets "$source"/eval/report/report.css "$source"/eval/report/report.js \
        >report_assets.cpp
    embed eval torch_programs "$source"/eval/bench/peers/torch_gpt.py \
        "$source"/eval/bench/peers/torch_matmul.py >torch_programs.cpp
    embedded="$embedded lesson_files page_files report_assets torch_programs"
    floors="engine tokenizer search train eval"
    main=program_main
    level=-O2
    printf '#define QSTAR_VERSION "qstar for Arm"\n#define QSTAR_VULKAN 0\n#include "main.cpp"\n' \
        >program_main.cpp
fi

# build OBJECT FILE LEVEL
flags="-std=c++20 -Wno-subobject-linkage -ffp-contract=off -DNDEBUG -DQSTAR_NEON -DFMT_HEADER_ONLY -I$source -Iinclude"
build() {
    # shellcheck disable=SC2086
    $compiler $flags "$3" -c "$2" -o "$1"
}
rm -f ./*.o
for file in "$source"/engine/kernels/*.cpp; do
    build "kernel_$(basename "$file" .cpp).o" "$file" -O2
done
for file in engine/base/cpu engine/base/elementary engine/base/random tests/engine/naive_kernels \
    tests/engine/one_arithmetic_test tests/engine/base/elementary_test; do
    build "tested_$(basename $file).o" "$source/$file.cpp" -O2
done
build test_main.o test_main.cpp -Og
$compiler -static test_main.o tested_*.o kernel_neon.o kernel_scalar.o kernel_avx2.o \
    kernel_avx512.o -o kernels
qemu-aarch64 ./kernels

# shellcheck disable=SC2086
(cd "$source" && LC_ALL=C && export LC_ALL && find $floors -name '*.cpp' |
    grep -v -e '^engine/kernels/' -e '^engine/vulkan/' | sort
    echo engine/vulkan/absent.cpp) >files
# A floor's files together, three dozen at a time.
rm -f of_*.cpp
awk -F/ '{
    before = files[$1]++
    printf "#include \"%s\"\n", $0 >"of_" $1 "_" int(before / 36) ".cpp"
}' files
for unit in of_*.cpp; do build "${unit%.cpp}.o" "$unit" $level; done
objects=
for unit in $embedded "$main"; do
    build "$unit.o" "$unit.cpp" $level
    objects="$objects $unit.o"
done
# shellcheck disable=SC2086
$compiler -static $objects of_*.o kernel_*.o -ldl -o "${main%_main}"
if [ "$parts" = demo ]; then
    qemu-aarch64 ./program demo --quick --run demo
    exec qemu-aarch64 ./program engine verify --run demo
fi
if [ "$parts" = all ]; then exec qemu-aarch64 ./verify; fi
for part in $parts; do qemu-aarch64 ./verify "$part"; done
