# Portreeve. `make help` lists what can be made.

# The static binary has no window and needs nothing but Go; -s -w leave out
# what only a debugger reads.
made    := $(shell packaging/version.sh)
ldflags := -s -w -X main.version=$(word 1,$(made)) -X main.commit=$(word 2,$(made)) -X main.date=$(word 3,$(made))
# Fyne can draw emoji; we don't, and they cost 4 MB.
tags    := no_emoji

.PHONY: help
help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

.PHONY: run
run: ## build and start the tray program, then build its window
	@packaging/run.sh

.PHONY: resident
resident: ## build/portreeve: resident and terminal, static, in seconds
	@CGO_ENABLED=0 go build -trimpath -ldflags '$(ldflags)' -o build/portreeve .

.PHONY: window
window: ## build/portreeve-window: the same with the window
	@packaging/needs.sh window
	@echo 'portreeve: building the window; the first time takes some minutes'
	@go build -tags $(tags) -ldflags '$(ldflags)' -o build/portreeve-window .

.PHONY: test
test: ## install what the tests need and run all of them
	@packaging/needs.sh tests
	@packaging/test.sh

.PHONY: day
day: resident ## live a developer's day twice, with real programs and eight strangers
	@packaging/needs.sh day
	E2E_PROGRAM=$(CURDIR)/build PORTREEVE_DAY=1 go test -count=1 -v -timeout 25m -tags e2e -run '^TestTheDevelopersDay' ./e2e

.PHONY: adversary
adversary: ## 10,000 forced reuses of a process id: no wrong kill
	PORTREEVE_REUSES=10000 CGO_ENABLED=0 go test -count=1 -v -run '^TestAReusedPidIsNeverSignalled$$' ./monitor/process

.PHONY: package
package: ## build/dist: .deb, .rpm and .tar.gz of this source
	@packaging/needs.sh window
	@packaging/package.sh

.PHONY: package-test
package-test: ## the packages of the last commit, in a fresh Debian too; as root, 5 to 10 minutes
	@packaging/needs.sh package
	@packaging/package-test.sh

.PHONY: windows
windows: ## build/windows: portreeve.exe and portreeve-window.exe, by mingw-w64
	@packaging/needs.sh windows
	@packaging/windows.sh

.PHONY: windows-test
windows-test: ## the terminal under wine, against real listeners
	@packaging/windows-test.sh

.PHONY: cross
cross: ## vet and build for the other platforms, as far as it goes without a C compiler
	@packaging/cross.sh

.PHONY: fyne
fyne: ## build/fyne: one binary with everything, packed by Fyne's own tool; takes minutes
	@packaging/needs.sh window
	@packaging/fyne.sh

.PHONY: vet
vet: ## check the code for every platform, as far as it goes without a C compiler
	gofmt -l . | (! grep .)
	CGO_ENABLED=0 go vet ./...
	go vet -tags 'nogl e2e' ./...
	for os in windows freebsd; do GOOS=$$os CGO_ENABLED=0 go vet ./... || exit 1; done
	GOOS=darwin CGO_ENABLED=0 go vet $$(go list ./... | grep -v /tray/window) # Fyne needs a Mac's C compiler

.PHONY: icons
icons: ## draw the PNG icons anew from the vectors
	go generate ./assets

.PHONY: bench
bench: ## the engine beside gopsutil, and the whole program beside ss, each in one run
	CGO_ENABLED=0 go test -run '^$$' -bench . . ./monitor/socket ./monitor/process

.PHONY: clean
clean: ## remove what was built
	rm -rf build
