# make test   — everything, with the real peers (installs them on Debian as root; else says what it skips)
# make bench  — ratios and figures of the whole, see docs/BENCH.md
GO ?= go

.PHONY: test check peers bench build fuzz
build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o bin/tierline ./cmd/tierline

peers:
	@sh internal/peers/install.sh

check:
	@out=$$(gofmt -l .); test -z "$$out" || { echo "not gofmt-ed: $$out"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

# The race detector needs a C compiler; without one the suite runs without it, and says so.
# SQLite is C turned into Go, in memory that the detector does not know, and regexp only reads: watching them finds nothing and is half of what the suite costs.
RACE := $(if $(shell command -v gcc || command -v clang),-race '-gcflags=regexp/...=-race=false' '-gcflags=modernc.org/...=-race=false -d=checkptr=0',)
# Memory is collected seldom meanwhile (GOGC): that is a tenth of the time.
# What measures, or plays days, has no place under the race detector: these are built without it, and run beside it.
MEASURES := ^(TestFigures|TestMix|TestTable|TestQuality|TestTimeIsLinear|TestExamplesCanBeUsedAndPlayed|TestOutbreaks.*)$$
SKIPS := $(CURDIR)/.skipped
SCORES := $(CURDIR)/.scores

test: peers check
	@rm -f $(SKIPS) $(SCORES)
	@test -n "$(RACE)" || echo "no C compiler: the race detector is off"
	GOGC=400 TIERLINE_SKIPS=$(SKIPS) TIERLINE_SCORES=$(SCORES) $(GO) test $(RACE) -count 1 -timeout 9m ./...
	@test -z "$(RACE)" || TIERLINE_SKIPS=$(SKIPS) TIERLINE_SCORES=$(SCORES) $(GO) test -count 1 -timeout 9m -run '$(MEASURES)' ./bench ./kb/bleve ./internal/sanitise ./cmd/tierline ./router/alike
	@test -z "$(RACE)" || $(GO) test -count 1 ./internal/simulation
	@if [ -s $(SCORES) ]; then echo "SCORES:"; sort -u $(SCORES); fi
	@if [ -s $(SKIPS) ]; then echo "SKIPPED:"; sort -u $(SKIPS); else echo "nothing was skipped"; fi

bench: peers
	cd bench && CGO_ENABLED=0 $(GO) test -count 1 -timeout 40m -run '^TestFigures$$' -figures
	TIERLINE_TICKETS=1000 $(GO) test -count 1 -timeout 20m -run '^TestManyTicketsAfterAnOutage$$' -v ./bots/slack | grep -v '^='
