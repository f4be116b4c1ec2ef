# Every job of the project by its name: `make` lists them. Each installs the Debian packages that it needs by itself.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help build run test demo deb deb-test clients dashboard faults failover simulate fuzz mutants compat compare sanitize tsan format format-check clean

JOBS ?= $(shell nproc)
install := scripts/install-dependencies.sh
# Taken when it is there; TROUPE_CCACHE=no leaves it alone.
launcher := $(if $(filter no,$(TROUPE_CCACHE)),,$(shell command -v ccache))
configure = cmake --preset $(1) -DCMAKE_CXX_COMPILER_LAUNCHER=$(launcher) --log-level=WARNING > build/$(1).configure.log || \
  { cat build/$(1).configure.log; exit 1; }
# The programs of one folder of tests.
programs = cmake --build --preset release -j $(JOBS) --target tests/$(1)/all
formatted = git ls-files '*.cpp' '*.hpp'

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

build: ## the release binary: build/release/troupe
	@$(install) build
	@mkdir -p build && $(call configure,release)
	@cmake --build --preset release -j $(JOBS) --target troupe

run: build ## start a node and stay: Kafka on 127.0.0.1:9092, data in ./troupe-data
	@exec build/release/troupe node

test: ## build everything, run every unit, house, package and kcat test
	@$(install) test
	@mkdir -p build && $(call configure,release)
	@cmake --build --preset release -j $(JOBS)
	@ctest --preset release -j $(JOBS)

demo: ## the main job end to end: a cluster of three, this machine's own texts, leaders killed with -9 in the middle
	@$(install) demo
	@$(MAKE) build
	@scripts/demo.sh

deb: build ## an installable Debian package with a systemd service: build/deb/*.deb
	@$(install) deb
	@scripts/deb/build.sh

deb-test: deb ## install that package on this machine, use it, purge it
	@tests/deb/run.sh

clients: build ## clients from PyPI, npm and Maven, unmodified
	@$(install) clients
	@$(call programs,clients)
	@tests/clients/run.sh

dashboard: build ## the dashboard in Chromium without a window
	@$(install) dashboard
	@tests/dashboard/run.sh

faults: build ## kill -9, power cuts, damage, full disks
	@$(install) faults
	@$(call programs,faults)
	@tests/faults/run.sh

CASES ?= failover cluster
failover: build ## a cluster under deaths, pauses, power cuts, black holes; FAILOVERS=200, CUTS=50 say how often, CASES which
	@$(install) faults
	@$(call programs,faults)
	@tests/faults/run.sh $(CASES)

SEEDS ?= 1-500
VIRTUAL_SECONDS ?= 300
simulate: ## clusters on virtual time under every fault, SEEDS of them, VIRTUAL_SECONDS of faults each
	@$(install) test
	@mkdir -p build && $(call configure,release)
	@cmake --build --preset release -j $(JOBS) --target simulation-cluster
	@build/release/tests/simulation_cluster/simulation-cluster --seeds $(SEEDS) --seconds $(VIRTUAL_SECONDS) -j $(JOBS)

fuzz: ## every decoder under libFuzzer, 30 seconds each from its corpus
	@$(install) fuzz
	@tests/fuzz/run.sh

mutants: ## planted bugs: in which seed of the random runs and simulations each is found; rewrites docs/mutants.md
	@$(install) test
	@JOBS=$(JOBS) scripts/mutants/all.sh $(ROOMS)

compat: build ## librdkafka's own suite; rewrites the table in docs/compatibility.md
	@$(install) compat
	@tests/compat/run.sh

compare: build ## speed beside Apache Kafka; rewrites docs/performance.md
	@$(install) compare
	@$(call programs,compare)
	@tests/compare/run.sh

sanitize: ## every test with the address and undefined-behaviour sanitizers
	@$(install) test
	@mkdir -p build && $(call configure,asan)
	@cmake --build --preset asan -j $(JOBS)
	@ctest --preset asan -j $(JOBS)

tsan: ## the tests of runtime/ with the thread sanitizer
	@$(install) test
	@mkdir -p build && $(call configure,tsan)
	@cmake --build --preset tsan -j $(JOBS)
	@ctest --preset tsan -j $(JOBS)

format: ## clang-format over every C++ file
	@$(install) format
	@$(formatted) | xargs clang-format -i

format-check: ## fail where clang-format would change something
	@$(install) format
	@$(formatted) | xargs clang-format --dry-run --Werror

clean: ## remove build/
	@rm -rf build
