# SPDX-License-Identifier: MIT
# trifecta: make | check | demo | bench | asan | tsan | fuzz | install | deps | clean

VERSION  := $(shell cat VERSION)
PREFIX   ?= /usr/local
BUILD    ?= build
CFLAGS   ?= -O2 -g
PKG_CONFIG ?= pkg-config

# One row a layer: which libraries it may know. The order is the link order, upper layers first.
LAYERS        := scanner mail dns lists output base
SRC_scanner   := $(filter-out scanner/main.c,$(wildcard scanner/*.c))
SRC_mail      := $(wildcard scanner/mail/*.c)
SRC_dns       := $(wildcard scanner/dns/*.c)
SRC_base      := $(wildcard scanner/base/*.c)
SRC_lists     := $(wildcard lists/*.c)
SRC_output    := $(wildcard output/*.c)
PKGS          := libuv libcares libzstd libarchive libidn2 libpsl libxxhash libcrypto ck
MALLOC        ?= jemalloc

WARN     := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wvla
ALL_CFLAGS  = -std=c17 -D_GNU_SOURCE -DTRIFECTA_VERSION='"$(VERSION)"' -I. $(WARN) $(CFLAGS) \
              $(shell $(PKG_CONFIG) --cflags $(PKGS)) -pthread -MMD -MP
LIBS        = $(shell $(PKG_CONFIG) --libs $(PKGS) $(MALLOC)) -pthread -lm
TEST_LIBS   = $(shell $(PKG_CONFIG) --libs cmocka $(PKGS)) -pthread -lm

obj      = $(patsubst %.c,$(BUILD)/%.o,$(1))
archives = $(patsubst %,$(BUILD)/lib%.a,$(1))

# A test of a layer is linked with that layer and what lies below it, nothing else.
BELOW_base    := base
BELOW_lists   := lists
BELOW_output  := output
BELOW_mail    := mail base
BELOW_dns     := dns base
BELOW_scanner := $(LAYERS)
TESTS    := $(wildcard $(LAYERS:%=tests/%/*_test.c))
TEST_BIN := $(patsubst %.c,$(BUILD)/%,$(TESTS))
SUPPORT  := $(wildcard tests/support/*.c)
WORLD    := $(wildcard bench/world/*.c)

.PHONY: all check demo bench asan tsan fuzz install deps clean
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

# An archive: a test takes only what it uses, so support may know upper layers without every test being linked with them.
# Support itself stands on base, which is therefore last in every test's link.
$(BUILD)/libsupport.a: $(call obj,$(SUPPORT))
	@rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.c VERSION
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# What .incbin pulls in is no header: name it.
$(BUILD)/lists/builtin.o: lists/providers.tsv lists/selectors.txt

check: deps
	@$(MAKE) --no-print-directory -j$$(nproc) all $(TEST_BIN)
	@BUILD=$(BUILD) tests/run $(TEST_BIN)

clean:
	rm -rf build trifecta world

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
