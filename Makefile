# SPDX-License-Identifier: MIT
# trifecta: make | quick | check | demo | bench | asan | tsan | fuzz | coverage | memcheck | install | deps | clean (see README.md)

VERSION  := $(shell cat VERSION)
PREFIX   ?= /usr/local
BUILD    ?= build
SHELL    := /bin/bash
CFLAGS   ?= -O2 -g
PKG_CONFIG ?= pkg-config

# One row a layer: which libraries it may know. The order is the link order, upper layers first.
LAYERS        := scanner results mail dns lists output base
SRC_scanner   := $(filter-out scanner/main.c,$(wildcard scanner/*.c))
SRC_results   := $(wildcard scanner/results/*.c)
SRC_mail      := $(wildcard scanner/mail/*.c)
SRC_dns       := $(wildcard scanner/dns/*.c)
SRC_base      := $(wildcard scanner/base/*.c)
SRC_lists     := $(wildcard lists/*.c)
SRC_output    := $(wildcard output/*.c)
PKGS          := libuv libcares libzstd libarchive libidn2 libpsl libxxhash libcrypto ck yajl
MALLOC        ?= jemalloc

WARN     := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wvla
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
LIBS       := $(shell $(PKG_CONFIG) --libs $(PKGS) $(MALLOC) 2>/dev/null) -pthread -lm
TEST_LIBS  := $(shell $(PKG_CONFIG) --libs cmocka $(PKGS) 2>/dev/null) -pthread -lm
ALL_CFLAGS  = -std=c17 -D_GNU_SOURCE -DTRIFECTA_VERSION='"$(VERSION)"' -I. $(WARN) $(CPPFLAGS) $(CFLAGS) $(PKG_CFLAGS) -pthread -MMD -MP

obj      = $(patsubst %.c,$(BUILD)/%.o,$(1))
archives = $(patsubst %,$(BUILD)/lib%.a,$(1))

# A test of a layer is linked with that layer and what lies below it, nothing else.
BELOW_base    := base
BELOW_lists   := lists
BELOW_output  := output
BELOW_mail    := mail base
BELOW_dns     := dns base
BELOW_results := results mail lists output base
BELOW_scanner := $(LAYERS)
WORLD    := $(wildcard bench/world/*.c)
TESTS    := $(wildcard $(LAYERS:%=tests/%/*_test.c) tests/world/*_test.c)
TEST_BIN := $(patsubst %.c,$(BUILD)/%,$(TESTS))
SUPPORT  := $(filter-out tests/support/replay.c,$(wildcard tests/support/*.c))

.PHONY: all check quick demo bench bench-page bench-million asan tsan fuzz faults soak install deps test-deps clean
.DEFAULT_GOAL := all
.SECONDARY:

all: trifecta world

trifecta: $(BUILD)/trifecta
	@cp $< $@.new && mv $@.new $@
world: $(BUILD)/world
	@cp $< $@.new && mv $@.new $@

$(BUILD)/trifecta: $(BUILD)/scanner/main.o $(call archives,$(LAYERS))
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/world: $(call obj,$(WORLD)) $(call archives,base)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

define layer_rules
$$(BUILD)/lib$(1).a: $$(call obj,$$(SRC_$(1)))
	@rm -f $$@ && $$(AR) rcs $$@ $$^
$$(BUILD)/tests/$(1)/%_test: $$(BUILD)/tests/$(1)/%_test.o $$(BUILD)/libsupport.a $$(call archives,$$(BELOW_$(1))) $$(BUILD)/libbase.a
	$$(CC) $$(ALL_CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(TEST_LIBS)
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rules,$(l))))

$(BUILD)/libworld.a: $(call obj,$(filter-out bench/world/main.c,$(WORLD)))
	@rm -f $@ && $(AR) rcs $@ $^
$(BUILD)/tests/world/%_test: $(BUILD)/tests/world/%_test.o $(BUILD)/libworld.a $(BUILD)/libbase.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)

# An archive: a test takes only what it uses, so support may know upper layers without every test being linked with them.
# Support itself stands on base, which is therefore last in every test's link.
$(BUILD)/libsupport.a: $(call obj,$(SUPPORT))
	@rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.c VERSION
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# What .incbin pulls in is no header: name it.
$(BUILD)/lists/builtin.o: lists/providers.tsv lists/selectors.txt

# --- tests -----------------------------------------------------------------------------------------------------------
SCRIPTS := $(wildcard tests/structure/*_test.sh tests/e2e/*_test.sh tests/faults/*_test.sh)
FAULT_AIDS := $(BUILD)/tests/faults/inject.so $(BUILD)/bench/compare_stream
FUZZERS := $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
REPLAY  := $(patsubst %,$(BUILD)/tests/fuzz/%_replay,$(FUZZERS))

check: test-deps
	@$(MAKE) --no-print-directory -j$$(nproc) all $(TEST_BIN) $(REPLAY) $(E2E_BIN) $(FAULT_AIDS)
	@BUILD=$(BUILD) tests/run $(TEST_BIN) tests/fuzz/replay_test.sh $(SCRIPTS)

# Between two edits: everything builds, the tests without servers pass.
quick:
	@$(MAKE) --no-print-directory -j$$(nproc) all $(TEST_BIN) $(REPLAY) $(E2E_BIN) $(FAULT_AIDS)
	@BUILD=$(BUILD) tests/run $(TEST_BIN) $(filter tests/structure/%,$(SCRIPTS))

# The corpora of the fuzzers, run by an ordinary program.
$(BUILD)/tests/fuzz/%_replay: $(BUILD)/tests/fuzz/%_fuzz.o $(BUILD)/tests/support/replay.o $(call obj,$(SUPPORT)) $(call archives,$(LAYERS))
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)

# What the tests with servers need beside them: a name server that lies, a reader of records.
E2E_BIN := $(BUILD)/tests/hostile/hostile $(BUILD)/tests/e2e/schema_lines
$(BUILD)/tests/hostile/hostile: $(call obj,$(wildcard tests/hostile/*.c))
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^
$(BUILD)/tests/e2e/schema_lines: $(BUILD)/tests/e2e/schema_lines.o $(BUILD)/libsupport.a $(call archives,mail base)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)

SAN = --no-print-directory MALLOC= SAN_RUN=1
asan: test-deps
	@$(MAKE) $(SAN) BUILD=build/asan CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined" san-check
tsan: test-deps
	@$(MAKE) $(SAN) BUILD=build/tsan CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=thread" san-check
.PHONY: san-check
san-check:
	@$(MAKE) --no-print-directory -j$$(nproc) $(BUILD)/trifecta $(BUILD)/world $(TEST_BIN) $(REPLAY) $(E2E_BIN) $(FAULT_AIDS)
	@BUILD=$(BUILD) tests/run $(TEST_BIN) tests/fuzz/replay_test.sh $(addprefix tests/e2e/,world_test.sh servers_test.sh spf_test.sh signals_test.sh hostile_test.sh)

# Faults on purpose, at length: each system call failing at each early time, 300 + 100 kills. Most of an hour.
faults: test-deps
	@$(MAKE) --no-print-directory -j$$(nproc) all $(FAULT_AIDS)
	@BUILD=$(BUILD) tests/faults/matrix long
	@BUILD=$(BUILD) tests/faults/kill_rounds 300 KILL
	@BUILD=$(BUILD) tests/faults/kill_rounds 100 TERM
	@BUILD=$(BUILD) POINTS=50 tests/faults/storage_test.sh
	@BUILD=$(BUILD) LONG=1 tests/faults/network_test.sh
	@BUILD=$(BUILD) SOAK_KILL_S=4 SOAK_DEATH_S=6 tests/faults/soak 20000
# make soak SOAK_NAMES=10000000: one scan of many names through losses, deaths of a resolver and kills; an hour or two. With SOAK_DIR=DIR
# and SOAK_MINUTES=N it stops after N minutes and goes on there the next time.
SOAK_NAMES ?= 10000000
soak: test-deps
	@$(MAKE) --no-print-directory -j$$(nproc) all $(BUILD)/bench/compare_stream
	@BUILD=$(BUILD) tests/faults/soak $(SOAK_NAMES)
$(BUILD)/tests/faults/inject.so: tests/faults/inject.c
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE $(WARN) -O2 -g -fPIC -shared -o $@ $< -ldl

# Real clusters on this machine, and each resolver of deploy/resolvers: packages that make check does without.
CLUSTER_DEPS := munge slurmctld slurmd slurm-client parallel unbound knot-resolver bind9
.PHONY: cluster
cluster: test-deps
	@deploy/install-packages $(CLUSTER_DEPS) || echo "some packages cannot be installed: what needs them is skipped"
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@BUILD=$(BUILD) tests/run $(wildcard tests/cluster/*_test.sh)

# The engine with the c-ares of Debian 13, which is another one inside: fetched, built in build/cares134, and tested there.
.PHONY: check-cares134
check-cares134: test-deps
	@BUILD=$(BUILD) tests/cares134.sh

# The recipes of docs/recipes.md whose tools make check does without; those that cannot be installed are skipped.
.PHONY: recipes
recipes: test-deps
	@deploy/install-packages python3-pandas python3-zstandard $$(command -v npm >/dev/null || echo nodejs npm) || echo "some packages cannot be installed: their recipes are skipped"
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@BUILD=$(BUILD) tests/recipes/recipes_test.sh

# The pages of report and diff in Chromium.
.PHONY: pages
pages: test-deps
	@deploy/install-packages chromium || echo "chromium cannot be installed: the pages are not looked at"
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@BUILD=$(BUILD) tests/run tests/pages/pages_test.sh

# Which lines the unit tests, the scenarios and the corpora run. Without ccache: the notes of the compiler name its folder.
.PHONY: coverage coverage-run
coverage: test-deps
	@$(MAKE) --no-print-directory MALLOC= BUILD=build/coverage CC=gcc CFLAGS="-O0 -g --coverage" coverage-run
coverage-run:
	@$(MAKE) --no-print-directory -j$$(nproc) $(TEST_BIN) $(REPLAY)
	@BUILD=$(BUILD) tests/coverage $(TEST_BIN)

# A small scan and some of the unit tests under valgrind: a minute or two.
MEMCHECK := $(addprefix $(BUILD)/tests/,output/checkpoint_test lists/source_test mail/spf_record_test dns/answer_test)
.PHONY: memcheck memcheck-run
memcheck: test-deps
	@deploy/install-packages valgrind
	@$(MAKE) --no-print-directory MALLOC= BUILD=build/memcheck memcheck-run
memcheck-run:
	@$(MAKE) --no-print-directory -j$$(nproc) $(BUILD)/trifecta $(BUILD)/world $(MEMCHECK)
	@BUILD=$(BUILD) TEST_TIMEOUT=1200 MEMCHECK="$(MEMCHECK)" tests/run tests/memcheck

# make fuzz SECONDS=600: each target for so long, both cores kept busy.
SECONDS ?= 60
fuzz: deps
	@tests/fuzz/run $(SECONDS) $(FUZZERS)

# --- to see, to measure, to install ----------------------------------------------------------------------------------
demo: deps
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@bench/demo
# Two sweeps as cron would run them, and what changed: one to two minutes.
.PHONY: demo-sweeps
demo-sweeps: deps
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@bench/demo-sweeps

BENCH_BIN := $(BUILD)/bench/classify $(BUILD)/bench/stages $(BUILD)/bench/engine
# make bench BENCH=a,c for some rows (bench/rows/), BENCH_SIZE=small to try them, BENCH=d,long for ten million names.
bench: test-deps
	@$(MAKE) --no-print-directory -j$$(nproc) all $(BENCH_BIN)
	@BUILD=$(BUILD) bench/run

bench-page:
	@bench/page $(BUILD)/bench/results.json >docs/performance.md.new && mv docs/performance.md.new docs/performance.md
	@cp $(BUILD)/bench/results.svg docs/performance.svg

# One run of a million names, all default checks, held against the truth: make bench-million NAMES=50000 for less.
bench-million: test-deps
	@$(MAKE) --no-print-directory -j$$(nproc) all $(BUILD)/bench/compare_stream
	@BUILD=$(BUILD) bench/million

$(BUILD)/bench/compare_stream: $(BUILD)/bench/compare_stream.o $(BUILD)/libsupport.a $(call archives,base)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Counts what is asked of glibc, so without another allocator.
$(BUILD)/bench/classify: $(BUILD)/bench/classify.o $(call archives,$(LAYERS))
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)

$(BUILD)/bench/stages: $(BUILD)/bench/stages.o $(call archives,$(LAYERS))
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# The engine without the pipeline.
$(BUILD)/bench/engine: $(BUILD)/bench/engine.o $(call archives,dns base)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Man pages and completions, from the program's own tables.
DOCS := $(addprefix $(BUILD)/docs/,trifecta.1 trifecta-record.5 trifecta-findings.7 trifecta.bash _trifecta trifecta.fish)
.PHONY: docs
docs: $(BUILD)/docs/.made
$(BUILD)/docs/.made: $(BUILD)/trifecta docs/make-man docs/make-completions docs/record.schema.json docs/summary.schema.json
	@docs/make-man $< $(@D) && docs/make-completions $< $(@D) && touch $@
$(DOCS): $(BUILD)/docs/.made ;

SHARE = $(DESTDIR)$(PREFIX)/share
UNITS ?= $(PREFIX)/lib/systemd/system
ZSH_FUNCTIONS ?= $(PREFIX)/share/zsh/site-functions
# sweep, units and examples name each other by their places: those of a package, or of PREFIX.
EXAMPLES  = $(SHARE)/doc/trifecta/examples
PLACED    = sed 's|/usr/lib/trifecta/|$(PREFIX)/lib/trifecta/|g'
install: trifecta docs
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/trifecta $(DESTDIR)$(UNITS) $(EXAMPLES) $(SHARE)/doc/trifecta $(SHARE)/man/man{1,5,7} $(SHARE)/bash-completion/completions \
		$(DESTDIR)$(ZSH_FUNCTIONS) $(SHARE)/fish/vendor_completions.d
	install -m 755 trifecta $(DESTDIR)$(PREFIX)/bin/trifecta
	install -m 644 README.md LICENSE CHANGELOG.md docs/findings.md docs/recipes.md docs/deploy.md docs/record.schema.json docs/summary.schema.json $(SHARE)/doc/trifecta/
	install -m 644 $(BUILD)/docs/trifecta.1 $(SHARE)/man/man1/
	install -m 644 $(BUILD)/docs/trifecta-record.5 $(SHARE)/man/man5/
	install -m 644 $(BUILD)/docs/trifecta-findings.7 $(SHARE)/man/man7/
	install -m 644 $(BUILD)/docs/trifecta.bash $(SHARE)/bash-completion/completions/trifecta
	install -m 644 $(BUILD)/docs/_trifecta $(DESTDIR)$(ZSH_FUNCTIONS)/_trifecta
	install -m 644 $(BUILD)/docs/trifecta.fish $(SHARE)/fish/vendor_completions.d/trifecta.fish
	install -m 755 deploy/sweep $(DESTDIR)$(PREFIX)/lib/trifecta/sweep
	for unit in deploy/systemd/*; do $(PLACED) $$unit >$(DESTDIR)$(UNITS)/$${unit##*/} || exit 1; done
	cp -r deploy/cron deploy/slurm deploy/parallel deploy/kubernetes deploy/resolvers deploy/prometheus $(EXAMPLES)/
	$(PLACED) deploy/cron/trifecta >$(EXAMPLES)/cron/trifecta

# The Debian package, in build/deb.
.PHONY: deb
deb: deps
	@deploy/install-packages debhelper dpkg-dev
	@deploy/make-deb

# Debian packages, installed only when one is missing; the servers are for the tests and benches alone.
DEPS      := build-essential pkg-config libuv1-dev libc-ares-dev libjemalloc-dev libzstd-dev libck-dev libarchive-dev \
             libidn2-dev libpsl-dev publicsuffix libxxhash-dev libssl-dev libyajl-dev jq zstd bsdextrautils
TEST_DEPS := $(DEPS) libcmocka-dev libxml2-utils xxhash nsd unbound dnsperf
deps:
	@deploy/install-packages $(DEPS)
test-deps:
	@deploy/install-packages $(TEST_DEPS)

clean:
	rm -rf build trifecta world

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
