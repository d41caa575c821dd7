.DEFAULT_GOAL := help
.PHONY: help run test check generate bench screenshots sbom

# -race multiplies the memory of a compilation: two packages at a time.
TEST_FLAGS := -race -p 2 -timeout 40m
WITH_POSTGRES := go run ./internal/tools/withpostgres

help: ## Print the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 22

run: ## Serve the portal on http://127.0.0.1:8080, with the sandbox
	go run ./cmd/techbiz

test: ## Install what the tests need and is missing, then run them all
	@build/setup
	CGO_ENABLED=1 TECHBIZ_TEST_REQUIRE=1 $(WITH_POSTGRES) go test $(TEST_FLAGS) ./...

check: ## Format, lint, levels, and whether generated code is fresh
	@build/setup
	build/check

generate: ## Write the generated code anew
	go generate ./...

bench: ## Run the benchmarks
	@build/setup
	TECHBIZ_TEST_REQUIRE=1 $(WITH_POSTGRES) go test -run '^$$' -bench . -benchmem -timeout 60m ./...

screenshots: ## Take the pictures in docs/screenshots anew
	@build/setup
	TECHBIZ_TEST_SCREENSHOTS=$(CURDIR)/docs/screenshots go test -count=1 -run 'Screenshots|Browser/^(domains_and_roles|tokens|a_colleague_is_away)$$' ./cmd/...

sbom: ## Write the bill of materials of the program to bin/techbiz.cdx.json
	go build -trimpath -o bin/techbiz ./cmd/techbiz
	go run ./internal/tools/sbom bin/techbiz ui/static/vendor/manifest.json >bin/techbiz.cdx.json
