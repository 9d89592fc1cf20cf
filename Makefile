# make test   — everything, with the real peers (installs them on Debian as root; else says what it skips)
# make bench  — ratios, see bench/
GO ?= go
export CGO_ENABLED ?= 1

.PHONY: test check peers bench build fuzz
build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o bin/tierline ./cmd/tierline

peers:
	@sh internal/peers/install.sh

check:
	@out=$$(gofmt -l .); test -z "$$out" || { echo "not gofmt-ed: $$out"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

test: peers check
	$(GO) test -race -timeout 9m ./...
