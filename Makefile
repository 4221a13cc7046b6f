# The front door. The build itself is Meson's (meson.build); each target here is a few commands.
#
#   make            build           build/tenbin
#   make demo       weigh a real Redis against a real Valkey, from nothing
#   make test       everything that needs no more than this machine and the two servers
#   make test-all   the same, and the suites that need more programs (node, ...)
#   make lint       everything that can be said without running the program
#   make asan tsan  the tests under AddressSanitizer + UBSan, under ThreadSanitizer
#   make simcheck   what the statistics promise, held against simulated noise: a few minutes
#   make campaign   the same held against real servers: more than an hour; goes on where it was broken off
#   make bench      how much the program itself costs
#   make fuzz       FUZZ_SECONDS=600 FUZZ=resp: one harness or all of them, with clang
#   make install    DESTDIR=... prefix=/usr/local
#   make clean      removes the build folders

FUZZ_SECONDS ?= 60
FUZZ ?= *
prefix ?= /usr/local

setup := -Dwerror_dev=true
# gcc's flow warnings are wrong about instrumented code, so no -Werror there.
sanitize := -Db_lundef=false -Db_sanitize
meson_test := meson test --print-errorlogs --no-rebuild
# A sanitizer changes every timing, and says nothing about scripts.
sanitized_suites := --no-suite tools --no-suite link --no-suite timing --no-suite extra

.PHONY: all demo test test-all lint asan tsan simcheck campaign bench fuzz install clean check-servers

all: build/build.ninja
	ninja -C build

build/build.ninja:
	meson setup build $(setup)

build-release/build.ninja:
	meson setup build-release -Dbuildtype=release

build-asan/build.ninja:
	meson setup build-asan $(sanitize)=address,undefined

build-tsan/build.ninja:
	meson setup build-tsan $(sanitize)=thread

build-fuzz/build.ninja:
	CC=clang meson setup build-fuzz $(setup) -Dfuzz=true -Db_lundef=false

check-servers:
	tools/setup test
	tools/get-servers
	tools/get-servers redis@8.0 valkey@9.1 || echo "tests of these versions are left out"

demo:
	tools/setup build
	$(MAKE) all
	tools/get-servers
	build/tenbin compare local:redis-server@7.0 local:valkey-server@8.0 --json build/demo.json

test: check-servers all
	$(meson_test) -C build --no-suite extra

test-all: check-servers all
	tools/setup extra
	$(meson_test) -C build

lint:
	tools/setup lint
	tools/lint

asan: check-servers build-asan/build.ninja
	ninja -C build-asan
	$(meson_test) -C build-asan $(sanitized_suites)

tsan: check-servers build-tsan/build.ninja
	ninja -C build-tsan
	$(meson_test) -C build-tsan $(sanitized_suites)

# SIMCHECK=stopping: one part instead of all
simcheck: build-release/build.ninja
	ninja -C build-release tests/sim/simcheck
	build-release/tests/sim/simcheck $(SIMCHECK)

# Figures for docs/METHODOLOGY.md, "Does it find what is there?". On a machine that does nothing else.
campaign: build-release/build.ninja
	tools/get-servers
	ninja -C build-release tenbin
	bench/campaign aa --count 200 -- --load closed
	bench/campaign tail
	bench/campaign slow -- --load closed
	bench/campaign drift -- --load closed
	bench/campaign report

# BENCH=--quick, BENCH=--settle, ...: bench/run --help
bench: build-release/build.ninja
	ninja -C build-release
	bench/run --build build-release $(BENCH)
	meson test -C build-release --benchmark --no-rebuild --verbose

fuzz: build-fuzz/build.ninja
	ninja -C build-fuzz
	tools/fuzz build-fuzz "$(FUZZ)" $(FUZZ_SECONDS)

install: build-release/build.ninja
	meson configure build-release -Dprefix=$(prefix)
	ninja -C build-release
	DESTDIR=$(DESTDIR) meson install -C build-release --no-rebuild

clean:
	rm -rf build build-release build-asan build-tsan build-clang build-fuzz
