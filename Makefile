# Signalbox. `make help` lists the targets; each does its own set-up.

PREFIX ?= /usr/local
DESTDIR ?=
BUILD := .build
TEST_PREFIX := $(abspath $(BUILD)/prefix)
SOAK_SCALE ?= 1
TEST_TIMEOUT ?= 600
DEPTH ?= 8
WINDOWS ?= 100000
SEEDS ?= 100000
STORM ?= 1
FUZZ ?= 10000000
CANCELS ?= 100000
# A folder with more conformance programs, compiled unchanged.
SUITE ?= $(wildcard ../shared/conformance)
SWIFT ?= swift
ECHO_SERVICE ?= $(BUILD)/release/EchoService
SHELL := /bin/bash

.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z][a-z-]*\):.*/\1/p' $(firstword $(MAKEFILE_LIST)))

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: deps-run build-service ## the main job: EchoService under systemd, loaded, frozen, restarted, stopped; under 90 s
	Scripts/run $(ECHO_SERVICE)

test: deps-test unit-tests native-tests conformance-tests fuzz-tests windows-build load-tests deployment-tests ## all tests
	@echo "make test: everything passed"

bench: deps-bench test-prefix ## benchmarks of the synchronisation paths, beside a bare futex and the peers
	Benchmarks/sync/run $(TEST_PREFIX)

bench-async: deps-build ## benchmarks of what tasks wait for, beside bare continuations
	Benchmarks/async/run --scratch-path $(abspath $(BUILD)/async)

bench-copy: deps-bench copy-file ## copies of 1 GiB by the example CopyFile and by cp --reflink=never, in turns
	Examples/CopyFile/measure $(BUILD)/copy_file 1024 9 $(BUILD)

bench-fileio: deps-bench test-prefix ## benchmarks of reading files, beside fio, a bare io_uring and a bare pread loop
	Benchmarks/fileio/run $(TEST_PREFIX)

bench-echo: deps-bench test-prefix ## benchmarks of echo servers over sockets, beside epoll, io_uring, libuv and SwiftNIO
	Benchmarks/echo/run --scratch-path $(abspath $(BUILD)/echo) $(TEST_PREFIX)

soak: deps-run build-service echo-port services ## the full load: 100 clients x 10,000 messages, on EchoService and EchoPort; services for long
	Tests/EchoLoad/soak --scale $(SOAK_SCALE) -- $(ECHO_SERVICE) --port 0
	Tests/EchoLoad/soak --scale $(SOAK_SCALE) -- $(BUILD)/echo_port 0
	ECHO_SERVICE=$(ECHO_SERVICE) Tests/Deployment/services-test --rounds 200 $(TEST_PREFIX)
	BUSY_SECONDS=600 $(SERVICE_TEST) busy
	KILLS=1000 $(SOCKETS_TEST) restarts

exhaustive: model-tests ## every state of 3 waiters and 3 objects to depth DEPTH (8), against the model
	SIGNALBOX_DEPTH=$(DEPTH) Scripts/with-stacks 7200 $(SWIFT) test $(MODEL_BUILD) --skip-build --filter ExhaustiveTests

linearize: model-tests ## histories of real threads, in WINDOWS windows (100,000), against the model
	SIGNALBOX_WINDOWS=$(WINDOWS) Scripts/with-stacks 7200 $(SWIFT) test $(MODEL_BUILD) --skip-build --filter HistoryTests

simulate: model-tests ## SEEDS (100,000) schedules of the real dispatcher, each replayed by its seed, against the model
	SIGNALBOX_SCHEDULES=$(SEEDS) Scripts/with-stacks 7200 $(SWIFT) test $(MODEL_BUILD) --skip-build --filter SimulationTests

races: deps-test ## 100,000 rounds of the races that sleep, of which the suite runs a tenth
	$(SWIFT) build --build-tests
	SIGNALBOX_RACES=1 Scripts/with-stacks 1800 $(SWIFT) test --skip-build --filter RaceTests

storm: deps-test ## STORM (1) minutes of 10,000 tasks that are signaled and cancelled, of which the suite runs a tenth
	$(SWIFT) build --build-tests
	SIGNALBOX_STORM=$(STORM) Scripts/with-stacks 7200 $(SWIFT) test --skip-build --filter StormTests

faults: deps-test ## each system call of the drivers fails in turn, with each errno, up to three times; the suite has a part
	$(SWIFT) build --build-tests
	SIGNALBOX_FAULTS=1 Scripts/with-stacks 1800 $(SWIFT) test --skip-build --filter FaultTests

cancels: deps-test ## CANCELS (100,000) requests that are cancelled while they complete, over each engine; the suite has a tenth
	Scripts/with-stacks 3600 Tests/Native/sanitized address cancels $(CANCELS)

statistics: deps-test ## the tests of what the trait Statistics counts, in a build with it
	$(SWIFT) build --build-tests --traits Statistics --scratch-path .build-statistics
	Scripts/with-stacks $(TEST_TIMEOUT) $(SWIFT) test --skip-build --traits Statistics --scratch-path .build-statistics \
		--filter StatisticsTests

examples: deps-test ## the examples that are packages of their own (a driver; Hummingbird beside plugins), run and checked
	Scripts/examples $(BUILD)/examples

tsan: deps-test ## the unit tests under the thread sanitizer
	$(SWIFT) build --build-tests --sanitize=thread --scratch-path .build-tsan
	Scripts/with-stacks $$((3 * $(TEST_TIMEOUT))) $(SWIFT) test --skip-build --sanitize=thread --scratch-path .build-tsan

asan: deps-test ## the unit tests under the address sanitizer
	$(SWIFT) build --build-tests --sanitize=address --scratch-path .build-asan
	Scripts/with-stacks $$((3 * $(TEST_TIMEOUT))) $(SWIFT) test --skip-build --sanitize=address --scratch-path .build-asan

install: deps-build ## libsignalbox, its headers, pkg-config and CMake files, and the command signalbox, into DESTDIR/PREFIX
	Scripts/build-library
	PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' Scripts/install

lint: ## formatting, scripts, the export list
	Scripts/lint

conformance: deps-test test-prefix ## the conformance programs (and those in SUITE), I/O over both engines, and under Wine, by function
	Conformance/run --wine --engine threads $(if $(SUITE),--suite $(SUITE)) $(TEST_PREFIX)

fuzz: deps-test ## FUZZ (10,000,000) random calls of all functions, under the address and the thread sanitizer
	CONFIGURATION=release Scripts/with-stacks 7200 Tests/Fuzz/run address $(FUZZ)
	CONFIGURATION=release Scripts/with-stacks 7200 Tests/Fuzz/run thread $(FUZZ)

docs: deps-build ## the DocC documentation, into .build/docs
	Scripts/build-docs

clean: ## remove everything that was built
	rm -rf $(BUILD) .build-tsan .build-asan .build-exhaustive .build-statistics

deps: deps-ci ## install every package that any target needs (as root; otherwise say how)

deps-%:
	@Scripts/deps $*

# ---- the parts of `make test` and `make run` ----

build-service:
	$(SWIFT) build -c release --product EchoService

unit-tests:
	$(SWIFT) build --build-tests
	Scripts/with-stacks $(TEST_TIMEOUT) $(SWIFT) test --skip-build

# Optimised, but with what tests may see.
MODEL_BUILD := -c release -Xswiftc -enable-testing -Xswiftc -DSCHEDULED --scratch-path .build-exhaustive
model-tests: deps-test
	$(SWIFT) build $(MODEL_BUILD) --build-tests

test-prefix: deps-build
	Scripts/build-library
	rm -rf $(TEST_PREFIX)
	PREFIX='$(TEST_PREFIX)' DESTDIR= Scripts/install

echo-port: test-prefix
	cc -O2 -Wall -Wextra -o $(BUILD)/echo_port Examples/EchoPort/echo_port.c \
		$$(PKG_CONFIG_PATH=$(TEST_PREFIX)/lib/pkgconfig pkg-config --cflags --libs signalbox)

copy-file: test-prefix
	cc -O2 -Wall -Wextra -o $(BUILD)/copy_file Examples/CopyFile/copy_file.c \
		$$(PKG_CONFIG_PATH=$(TEST_PREFIX)/lib/pkgconfig pkg-config --cflags --libs signalbox) \
		-Wl,-rpath,$(TEST_PREFIX)/lib

native-tests: test-prefix copy-file
	Scripts/with-stacks $(TEST_TIMEOUT) Tests/Native/run $(TEST_PREFIX)
	Tests/Native/copy-file $(BUILD)/copy_file

conformance-tests: test-prefix
	Scripts/with-stacks $(TEST_TIMEOUT) Conformance/run --engine threads --table $(BUILD)/conformance.txt $(TEST_PREFIX)

fuzz-tests:
	Scripts/with-stacks $(TEST_TIMEOUT) Tests/Native/sanitized address cancels 10000
	Scripts/with-stacks $(TEST_TIMEOUT) Tests/Fuzz/run address 100000
	Scripts/with-stacks $(TEST_TIMEOUT) Tests/Fuzz/run thread 100000

windows-build:
	x86_64-w64-mingw32-gcc -O2 -Wall -o $(BUILD)/echo_port.exe Examples/EchoPort/echo_port.c -lws2_32
	x86_64-w64-mingw32-gcc -O2 -Wall -Wextra -Werror -o $(BUILD)/tidy_service.exe Examples/TidyService/tidy_service.c
	x86_64-w64-mingw32-gcc -O2 -Wall -Wextra -Werror -o $(BUILD)/activated.exe Tests/Services/activated.c -lws2_32
	x86_64-w64-mingw32-gcc -O2 -Wall -o $(BUILD)/copy_file.exe Examples/CopyFile/copy_file.c

load-tests: build-service echo-port
	Tests/EchoLoad/soak --scale 0.1 -- $(ECHO_SERVICE) --port 0
	Tests/EchoLoad/soak --scale 0.1 -- $(BUILD)/echo_port 0

deployment-tests: build-service echo-port services
	ECHO_SERVICE=$(ECHO_SERVICE) ECHO_PORT=$(BUILD)/echo_port Tests/Deployment/deploy-test
	ECHO_SERVICE=$(ECHO_SERVICE) Tests/Deployment/services-test $(TEST_PREFIX)
	$(SERVICE_TEST)
	$(SOCKETS_TEST)

# What goes wrong with services, on purpose.
SERVICE_TEST = SERVICE=$(BUILD)/debug/ServiceUnderTest DEADLOCK=$(BUILD)/deadlock Tests/Deployment/service-test
SOCKETS_TEST = SERVICE=$(BUILD)/debug/ServiceUnderTest ACTIVATED=$(BUILD)/activated Tests/Deployment/sockets-test
services: test-prefix
	$(SWIFT) build --product ServiceUnderTest
	for program in deadlock activated; do \
		cc -O2 -Wall -Wextra -o $(BUILD)/$$program Tests/Services/$$program.c \
			$$(PKG_CONFIG_PATH=$(TEST_PREFIX)/lib/pkgconfig pkg-config --cflags --libs signalbox) || exit 1; \
	done
