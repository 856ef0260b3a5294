# The only build file. `make` leaves build/sysops-agent.
#   make SAN=address,undefined   a sanitized build, in build/san
#   make CC=clang                another compiler (set BUILD to keep both)
#   make check                   unit tests, corpora and golden files
#   make fuzz                    the fuzzers (clang), in build/fuzz
#   make V=1                     shows the commands
BUILD ?= build
V ?= 0
Q = $(if $(filter 1,$(V)),,@)
SAN ?=
VERSION ?= 0.1.0
PYTHON ?= /usr/bin/python3

PKGS = libcurl sqlite3 jansson libpcre2-8
CSTD = -std=c11 -D_GNU_SOURCE
WARN = -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wwrite-strings -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wundef -Wvla -Wcast-qual
OPT ?= -O2 -g
HARDEN = -fstack-protector-strong -fPIE -fno-strict-aliasing
LINK_HARDEN = -pie -Wl,-z,relro,-z,now,-z,noexecstack
# For the line that a crash leaves in the log: the walk over the stack, and which program it was.
HARDEN += -fno-omit-frame-pointer -fno-optimize-sibling-calls
LINK_HARDEN += -Wl,--build-id

ifneq ($(SAN),)
OBJ := $(BUILD)/san
OPT = -O1 -g -fno-omit-frame-pointer
SANFLAGS = -fsanitize=$(SAN) -fno-sanitize-recover=all
# With its own checks in between, gcc loses track of what is set and how long it is.
WARN += -Wno-format-truncation -Wno-maybe-uninitialized
else
OBJ := $(BUILD)
HARDEN += -D_FORTIFY_SOURCE=2
endif

override CPPFLAGS += -Isrc -I$(OBJ)/gen -DSYSOPS_VERSION='"$(VERSION)"' $(TESTDEFS)
override CFLAGS += $(CSTD) $(WARN) $(OPT) $(HARDEN) $(SANFLAGS) $(shell pkg-config --cflags $(PKGS))
LIBS = $(shell pkg-config --libs $(PKGS)) -lev -lm
LDFLAGS += $(LINK_HARDEN) $(SANFLAGS)

SRC := $(sort $(filter-out src/main.c,$(wildcard src/*/*.c)))
LIBOBJ := $(SRC:%.c=$(OBJ)/obj/%.o)
LIB := $(OBJ)/libsysops.a
BIN := $(OBJ)/sysops-agent
TESTS := $(patsubst tests/unit/%.c,$(OBJ)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
REPLAYERS := $(FUZZERS:%=$(OBJ)/corpus/%)
TOOLS := $(patsubst tools/%.c,$(OBJ)/tools/%,$(sort $(wildcard tools/*.c)))
BENCHES := $(patsubst bench/%.c,$(OBJ)/bench/%,$(sort $(wildcard bench/*.c)))

.PHONY: FORCE all check tests tools benches fuzz clean
.SECONDARY:
all: $(BIN)

$(BIN): $(OBJ)/obj/src/main.o $(LIB)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)

$(LIB): $(LIBOBJ)
	@rm -f $@
	@echo "  AR    $@"
	$(Q)$(AR) rcs $@ $^

# Other flags than last time: everything is built anew.
FLAGS = $(CC) $(CPPFLAGS) $(CFLAGS)
$(OBJ)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','"'"',$(FLAGS))' | cmp -s - $@ || echo '$(subst ','"'"',$(FLAGS))' >$@
FORCE:

$(OBJ)/obj/%.o: %.c Makefile $(OBJ)/flags
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# A test includes the .c it tests; the archive serves the rest of the program.
$(OBJ)/tests/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(CPPFLAGS) -I. -Itests/unit $(CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(LIB) -lcmocka $(LIBS)

# A fuzzer's target run over its committed corpus, without libFuzzer.
$(OBJ)/corpus/%: tests/fuzz/%.c tests/fuzz/replay_main.h $(LIB)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(CPPFLAGS) -I. -DFUZZ_REPLAY $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)

$(OBJ)/tools/%: tools/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)

$(OBJ)/bench/%: bench/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(CPPFLAGS) -I. $(CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)

tests: $(TESTS) $(REPLAYERS)
tools: $(TOOLS)
benches: $(BENCHES)

check: tests tools $(BIN)
	tests/run-unit $(OBJ)

# Coverage-guided fuzzers. All that they call is instrumented once, in an archive of its own.
FUZZFLAGS = -Isrc -I. -DSYSOPS_VERSION='"$(VERSION)"' $(CSTD) -O1 -g -fno-sanitize-recover=all \
	$(shell pkg-config --cflags $(PKGS))
FUZZOBJ := $(SRC:%.c=$(BUILD)/fuzz/obj/%.o)

$(BUILD)/fuzz/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)clang $(FUZZFLAGS) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/libsysops.a: $(FUZZOBJ)
	@rm -f $@
	@echo "  AR    $@"
	$(Q)$(AR) rcs $@ $^

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzz/libsysops.a
	@echo "  FUZZ  $@"
	$(Q)clang $(FUZZFLAGS) -fsanitize=fuzzer,address,undefined -MMD -MP -MF $@.d -o $@ $< $(BUILD)/fuzz/libsysops.a $(LIBS)
fuzz: $(FUZZERS:%=$(BUILD)/fuzz/%)

clean:
	rm -rf $(BUILD)

-include $(shell test -d $(OBJ) && find $(OBJ) -name '*.d')
