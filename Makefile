# Makefile - builds, tests and runs EduPulse.  `make help` lists what it does.
#
# Nothing is listed twice: a folder in services/ is a program, a file
# tests/unit/*_test.c (or tests/unit/SERVICE/*_test.c, which also links that
# service) is a program, queries.sql and migrations/ become C in the build
# folder.  MODE=release|debug|asan|tsan builds into build/$(MODE).

MODE ?= release
B    := build/$(MODE)
CC   ?= gcc

WARN := -Werror -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wundef -Wformat=2 \
        -Wcast-qual -Wpointer-arith -Wwrite-strings -Wstrict-prototypes \
        -Wmissing-prototypes -Wold-style-definition -Wconversion \
        -Wno-sign-conversion -Wdouble-promotion -Wswitch-enum \
        -Wimplicit-fallthrough=5 -Wduplicated-cond -Wlogical-op

flags_release := -O2 -g -fno-omit-frame-pointer -D_FORTIFY_SOURCE=3 \
                 -fstack-protector-strong -fstack-clash-protection \
                 -fcf-protection -fPIE
flags_debug   := -Og -g3
flags_asan    := -O1 -g -fno-omit-frame-pointer \
                 -fsanitize=address,undefined -fno-sanitize-recover=all
flags_tsan    := -O1 -g -fsanitize=thread
link_release  := -pie -Wl,-z,relro,-z,now
# Shared, each would have a reporter of its own, and UBSan's not heed log_path.
link_asan     := -fsanitize=address,undefined -static-libasan -static-libubsan
link_tsan     := -fsanitize=thread

ifeq ($(flags_$(MODE)),)
$(error MODE is $(MODE); it is one of release, debug, asan, tsan)
endif

VERSION := $(shell cat VERSION)
CPPFLAGS := -D_GNU_SOURCE -DEDUPULSE_VERSION='"$(VERSION)"' \
            -I. -Ilibcommon -I$(B)/gen \
            -isystem /usr/include/postgresql -isystem /usr/share/include/llhttp
CFLAGS  := -std=c17 $(WARN) $(flags_$(MODE)) -pthread
LDFLAGS := $(link_$(MODE)) -pthread -Wl,--as-needed
LIBS    := -luv -lnng -lpq -lhiredis -lcjson -lcurl -lcrypto -lzip -lz -lm
# Of one service alone: what is trained is served without it.
LIBS_training := -lxgboost

# What there is ---------------------------------------------------------------

SERVICES  := $(notdir $(patsubst %/,%,$(dir $(wildcard services/*/main.c))))
# The gateway serves what these print; the rest is print-docs' own.
PRINT_C   := $(filter-out %/openapi.c %/asyncapi.c %/schema.c,$(wildcard proto/print/*.c))
LIB_C     := $(filter-out $(PRINT_C),$(wildcard libcommon/*/*.c proto/*.c proto/*/*.c))
SQL       := $(wildcard libcommon/*/queries.sql services/*/queries.sql)
MIGRATED  := $(wildcard libcommon/*/migrations services/*/migrations)
LLHTTP_C  := llhttp.c api.c http.c
UNIT_C    := $(wildcard tests/unit/*_test.c tests/unit/*/*_test.c)

PROGRAMS  := $(SERVICES:%=$(B)/bin/%)
LIB       := $(B)/libedupulse.a
GEN_H     := $(SQL:%.sql=$(B)/gen/%.h) $(MIGRATED:%=$(B)/gen/%.h)
LIB_GEN_O := $(patsubst %,$(B)/gen/%.o,$(filter libcommon/%,$(SQL:.sql=) $(MIGRATED)))
LIB_O     := $(LIB_C:%.c=$(B)/%.o) $(LIB_GEN_O) $(LLHTTP_C:%.c=$(B)/llhttp/%.o)
UNITS     := $(UNIT_C:tests/unit/%.c=$(B)/unit/%)
# Minutes of arithmetic that a sanitizer has nothing new to see in: statistics,
# what learn_test runs as well; and for ThreadSanitizer what is one thread's.
ifneq ($(filter asan tsan,$(MODE)),)
UNITS     := $(filter-out $(B)/unit/training/interval_test,$(UNITS))
endif
ifeq ($(MODE),tsan)
UNITS     := $(filter-out $(B)/unit/explain_test $(B)/unit/network_test \
    $(B)/unit/network_backward_test $(B)/unit/training/judge_test \
    $(B)/unit/training/examine_test $(B)/unit/training/learn_test,$(UNITS))
endif
SUPPORT_O := $(patsubst %.c,$(B)/%.o,$(wildcard tests/support/*.c))

service_c = $(filter-out services/$(1)/main.c,$(wildcard services/$(1)/*.c))
service_o = $(patsubst %.c,$(B)/%.o,$(call service_c,$(1))) \
            $(patsubst %,$(B)/gen/%.o,$(filter services/$(1)/%,$(SQL:.sql=) $(MIGRATED)))

.PHONY: all help
all: $(PROGRAMS) ## build every program

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' \
	    $(MAKEFILE_LIST)
	@echo "  MODE=release|debug|asan|tsan chooses the build, now $(MODE)"

# Building --------------------------------------------------------------------

$(B)/%.o: %.c | $(GEN_H)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gen/%.o: $(B)/gen/%.c
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gen/%/queries.h $(B)/gen/%/queries.c &: %/queries.sql libcommon/db/queries.awk
	@mkdir -p $(@D)
	$(Q)awk -v folder=$* -v kind=h -f libcommon/db/queries.awk $< >$(@D)/queries.h
	$(Q)awk -v folder=$* -v kind=c -f libcommon/db/queries.awk $< >$(@D)/queries.c

.SECONDEXPANSION:
$(B)/gen/%/migrations.h $(B)/gen/%/migrations.c &: $$(wildcard %/migrations/*.sql) libcommon/db/migrations.sh
	@mkdir -p $(@D)
	$(Q)sh libcommon/db/migrations.sh $* $(@D)

$(B)/llhttp/%.o: /usr/share/llhttp/%.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) -isystem /usr/share/include/llhttp -DLLHTTP_STRICT_MODE=1 \
	    $(flags_$(MODE)) -w -c -o $@ $<

$(LIB): $(LIB_O)
	@rm -f $@
	$(Q)ar rcs $@ $^

define program
$(B)/services/$(1).a: $(call service_o,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(Q)ar rcs $$@ $$^
$(B)/bin/$(1): $(B)/services/$(1)/main.o $(B)/services/$(1).a $(LIB)
	@mkdir -p $$(@D)
	$$(Q)$(CC) $(LDFLAGS) -o $$@ $$^ $(LIBS) $(LIBS_$(1))
$(B)/unit/$(1)/%: $(B)/tests/unit/$(1)/%.o $(SUPPORT_O) $(B)/services/$(1).a $(LIB)
	@mkdir -p $$(@D)
	$$(Q)$(CC) $(LDFLAGS) -o $$@ $$^ $(LIBS) $(LIBS_$(1)) -lcmocka
endef
$(foreach s,$(SERVICES),$(eval $(call program,$(s))))

$(B)/unit/%: $(B)/tests/unit/%.o $(SUPPORT_O) $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

# What a contract test in Python runs: one program a file.
$(B)/contract/%: $(B)/tests/contract/%.o $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/bin/print-docs: $(PRINT_C:%.c=$(B)/%.o) $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# With clang: make fuzzers, then build/fuzz/json_fuzz tests/fuzz/corpus/json
FUZZ_C := $(wildcard tests/fuzz/*_fuzz.c)
# What of the services reads foreign bytes, and what makes first inputs.
FUZZ_READERS := services/ingestion/csv.c services/ingestion/bundle.c \
                services/gateway/cutter.c \
                services/prediction/inference_json.c \
                services/prediction/inference_read.c \
                services/prediction/inference_data.c
FUZZ_SUPPORT := tests/support/sample.c tests/support/sample_model.c \
                tests/support/sample_trees.c tests/support/network_reference.c
FUZZ_FLAGS := -O1 -g -w -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_OBJECT := $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link
# Unrolled arithmetic has no branches to learn from, and takes clang minutes with
# all checks; MODE=asan looks at it with all of them.
build/fuzz/libcommon/ml/kernels_%.o: FUZZ_OBJECT := -O1 -g -w -fsanitize=address
build/fuzz/%.o: %.c | $(GEN_H)
	@mkdir -p $(@D)
	$(Q)clang -std=c17 $(CPPFLAGS) $(FUZZ_OBJECT) -MMD -MP -c -o $@ $<
build/fuzz/llhttp/%.o: /usr/share/llhttp/%.c
	@mkdir -p $(@D)
	$(Q)clang -isystem /usr/share/include/llhttp -DLLHTTP_STRICT_MODE=1 \
	    $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<
build/fuzz/lib.a: $(LIB_C:%.c=build/fuzz/%.o) $(LLHTTP_C:%.c=build/fuzz/llhttp/%.o) \
    $(patsubst %.c,build/fuzz/%.o,$(FUZZ_READERS) $(FUZZ_SUPPORT))
	@rm -f $@
	$(Q)ar rcs $@ $^
build/fuzz/%_fuzz: build/fuzz/tests/fuzz/%_fuzz.o build/fuzz/lib.a
	$(Q)clang $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)
build/fuzz/seeds: build/fuzz/tests/fuzz/seeds.o build/fuzz/lib.a
	$(Q)clang $(FUZZ_FLAGS) -o $@ $^ $(LIBS)

$(B)/bench/training $(B)/bench/training_whole $(B)/bench/accuracy \
    $(B)/bench/peers/own_training: $(B)/services/training.a
$(B)/bench/accuracy: $(B)/tests/support/network_reference.o
$(B)/bench/training_whole: BENCH_LIBS := $(LIBS_training)
$(B)/bench/%: $(B)/tests/bench/%.o $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter-out $(LIB),$^) $(LIB) $(LIBS) $(BENCH_LIBS)

# V=1 shows the commands.
ifeq ($(V),)
Q = @echo "  $(patsubst $(B)/%,%,$@)";
endif

# Testing ---------------------------------------------------------------------

.PHONY: test units unit
test: deps ## everything that must hold
	@$(MAKE) --no-print-directory -s -j2 all
	@tests/run-all.sh units contract shape scenarios
units: $(UNITS) ## build the unit tests
unit: $(UNITS) ## run the unit tests of this MODE
	@tests/run-units.sh $(UNITS)

.PHONY: bench
bench: deps ## speeds as ratios, one JSON object a line
	@$(MAKE) --no-print-directory -s -j2 all $(B)/bench/forward \
	    $(B)/bench/http_load $(B)/bench/drift_alarms $(B)/bench/training \
	    $(B)/bench/accuracy $(B)/bench/batching
	@$(B)/bench/forward
	@$(B)/bench/accuracy
	@$(B)/bench/batching
	@$(B)/bench/training
	@$(B)/bench/drift_alarms
	@MODE=$(MODE) /usr/bin/python3 tests/bench/platform_bench.py

.PHONY: bench-training
bench-training: deps ## a whole training of full size: half an hour and more
	@$(MAKE) --no-print-directory -s -j2 $(B)/bench/training_whole
	@$(B)/bench/training_whole

.PHONY: bench-peers
bench-peers: ## our network beside PyTorch and ONNX Runtime, if they are here
	@$(MAKE) --no-print-directory -s $(B)/bench/peers/own \
	    $(B)/bench/peers/own_training
	@/usr/bin/python3 tests/bench/peers/peers.py $(B)/bench/peers/own \
	    build/peers/rows
	@/usr/bin/python3 tests/bench/peers/training.py \
	    $(B)/bench/peers/own_training build/peers/rows

SECONDS ?= 60
.PHONY: fuzz fuzzers docs
fuzz: ## run every fuzz target for SECONDS=60, with clang
	@tests/run-fuzz.sh $(SECONDS)

fuzzers: $(FUZZ_C:tests/%.c=build/%) build/fuzz/seeds ## build the fuzz targets

docs: $(B)/bin/print-docs ## print openapi.json, asyncapi.json, settings.md, metrics.md; begin golden files
	@mkdir -p docs
	$(B)/bin/print-docs docs
	$(B)/bin/print-docs --golden proto/golden

# Running on this machine -----------------------------------------------------

.PHONY: deps demo up down status logs destroy
deps: ## install the Debian packages that are missing
	@deploy/install-packages

# DATA is one word to the shell, whatever is in it, and make reads nothing
# into it.
override export DATA := $(value DATA)
# The packages come first: a second make sees what they bring.
demo: deps ## build, start, fill, train and show the risk list; DATA=folder
	@$(MAKE) --no-print-directory -s -j2 all
	@deploy/local/demo "$$DATA"

up: deps ## start the platform
	@$(MAKE) --no-print-directory -s -j2 all
	@deploy/local/platform up

down: ## stop the platform
	@deploy/local/platform down

status: ## how each daemon is doing
	@deploy/local/platform status

logs: ## follow the logs
	@deploy/local/platform logs

destroy: ## stop the platform and delete its data
	@deploy/local/platform destroy

.PHONY: flags clean
flags: ## what MODE gives the compiler
	@echo $(flags_$(MODE)) $(link_$(MODE))

clean: ## remove what was built
	rm -rf build

.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $(B) build/fuzz -name '*.d' 2>/dev/null)
