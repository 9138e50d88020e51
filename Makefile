# The commands of the README, over CMake. `make help` lists them.

# How many compilers at once: all processors, but a gigabyte of memory for each.
CORES  := $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
MEMORY := $(shell awk '/MemAvailable/ {print int($$2 / 1000000)}' /proc/meminfo 2>/dev/null)
JOBS   ?= $(shell j=$(CORES); m=$(or $(MEMORY),$(CORES)); [ $$m -lt $$j ] && j=$$m; \
            [ $$j -lt 1 ] && j=1; echo $$j)

# Options for the program: make demo ARGS="--seed 2"
ARGS ?=
# What make bench measures: make bench BENCH=train ARGS=--quick
BENCH ?= gemm train decode search

CACHE = $(if $(shell command -v ccache),-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
FORMATTED = $(shell git ls-files '*.h' '*.cpp')

# What make dev compiles file by file: the files that differ from the last commit.
ALONE =
CHANGED = $(shell git diff --name-only HEAD -- '*.cpp'; git ls-files -o --exclude-standard '*.cpp')
empty =

# Where make install puts it: DESTDIR/PREFIX.
PREFIX ?= /usr/local

.PHONY: all program dev help deps deps-tests test browser-test demo bench installable install package format tidy clean

all: deps-tests
	$(call configure,build,)
	cmake --build build -j $(JOBS)

help:
	@echo "make         build build/qstar"
	@echo "make test    build with warnings as errors, run all tests, and again with sanitizers"
	@echo "make browser-test  the page of eval serve in a headless Chromium"
	@echo "make dev     build the program, the files that one has changed each by itself"
	@echo "make demo    run the whole pipeline, from an empty folder to the report (ARGS=...)"
	@echo "make bench   measure beside the peers (BENCH=..., ARGS=...)"
	@echo "make install the program, its manual and completions (PREFIX=$(PREFIX), DESTDIR=...)"
	@echo "make package a .tar.gz and, on Debian, a .deb, in build/"
	@echo "make deps    check for what the build needs and install what is missing"
	@echo "make format  format the sources;  make tidy  clang-tidy;  make clean  remove the builds"

deps:
	@sh .ci/deps.sh
deps-tests:
	@sh .ci/deps.sh tests

# A build folder that CMake cannot use any more (its compiler is gone, the tree was
# moved) is made anew.
define configure
	@cmake -S . -B $(1) -G Ninja $(CACHE) -DQSTAR_ALONE="$(ALONE)" $(2) >$(1).log 2>&1 \
	  || { rm -rf $(1) && cmake -S . -B $(1) -G Ninja $(CACHE) -DQSTAR_ALONE="$(ALONE)" $(2) >$(1).log 2>&1; } \
	  || { cat $(1).log; rm -f $(1).log; exit 2; }
	@grep 'qstar:' $(1).log || true; rm -f $(1).log
endef

# Where Chromium and npm can be had, the tests of the page run, too; else the last line says so.
test: deps-tests
	@sh .ci/browser.sh >build-browser.log 2>&1 || { tail -n 1 build-browser.log; true; }
	@rm -f build-browser.log
	$(call configure,build,-DCMAKE_BUILD_TYPE=Release -DQSTAR_WERROR=ON)
	cmake --build build -j $(JOBS)
	ctest --test-dir build --output-on-failure -j 2
	$(call configure,build-asan,-DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" -DQSTAR_WERROR=ON -DQSTAR_SANITIZE=ON \
	  -DQSTAR_CHECKS=$(CURDIR)/build)
	cmake --build build-asan -j $(JOBS)
	ctest --test-dir build-asan --output-on-failure -j 2
	@ctest --test-dir build -N -R browser | grep -q browser && [ -d tests/browser/node_modules ] \
	  || echo "qstar: the browser tests were left out: they want node, npm, Chromium and cpp-httplib"

# The tests of the page; `make test` runs them, too, where they can be run.
browser-test: all
	@sh .ci/browser.sh
	ctest --test-dir build -R browser --output-on-failure --verbose

# The program alone, without its tests.
program: deps
	$(call configure,build,)
	cmake --build build -j $(JOBS) --target qstar

# The same while one works on it: a changed file is compiled by itself, and soon runs.
dev: ALONE = $(subst $(empty) $(empty),;,$(CHANGED))
dev: program

demo: program
	build/qstar demo $(ARGS)

bench: program
	@for what in $(BENCH); do build/qstar eval bench $$what $(ARGS) || exit; done

# What is installed: the program for any processor, and what it says of itself.
installable: deps
	$(call configure,build,-DCMAKE_BUILD_TYPE=Release)
	cmake --build build -j $(JOBS) --target qstar_help

install: installable
	DESTDIR="$(DESTDIR)" cmake --install build --prefix "$(PREFIX)" --strip

package: installable
	cd build && cpack

format:
	clang-format -i $(FORMATTED)

# The files as they are compiled, many together: so a header is read once for all of them.
TIDY = $(firstword $(foreach v,-18 -17 -16 -15 -14,$(shell command -v run-clang-tidy$(v))) run-clang-tidy)
tidy: deps
	$(call configure,build,)
	$(TIDY) -quiet -p build -header-filter='/(engine|tokenizer|search|train|eval)/' \
	  'qstar_(engine|tokenizer|search|train|eval).*Unity'

clean:
	rm -rf build build-asan
