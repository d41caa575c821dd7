package main

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"techbiz/internal/database/databasetest"
)

// chromium is one browser process. Each test gets a profile of its own in it.
type chromium struct {
	ctx context.Context
}

// startChromium starts the browser, until the test and its subtests end. Where
// there is none it skips the test, or fails it where tests are required.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	path := findChromium()
	if path == "" {
		const missing = "no Chromium: install Debian's package chromium, or let make test do it"
		if required() {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	// The subtests' cleanups still need it when the test's own context has ended.
	ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), chromiumFlags(path)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return &chromium{ctx}
}

func findChromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func required() bool {
	for _, name := range []string{"CI", databasetest.RequireEnv} {
		if yes, err := strconv.ParseBool(os.Getenv(name)); err == nil && yes {
			return true
		}
	}
	return false
}

// chromiumFlags start a browser that is alone: an empty profile in a temporary
// folder (chromedp's own, removed with it), no service of the maker, and no tab
// that rests because another one is in front.
func chromiumFlags(path string) []chromedp.ExecAllocatorOption {
	flags := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.Headless, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU}
	if os.Getuid() == 0 {
		flags = append(flags, chromedp.NoSandbox)
	}
	for _, name := range []string{
		"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-extensions",
		"disable-breakpad", "disable-default-apps", "disable-dev-shm-usage", "metrics-recording-only",
		"disable-background-timer-throttling", "disable-backgrounding-occluded-windows", "disable-renderer-backgrounding",
	} {
		flags = append(flags, chromedp.Flag(name, true))
	}
	return append(flags,
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("lang", "en-SG"),
		chromedp.Flag("password-store", "basic"),
		chromedp.Flag("disable-features", "Translate,AutofillServerCommunication"),
	)
}

// page opens an empty page of a new profile on a portal. The test fails if the
// page reports an error.
func (c *chromium) page(t *testing.T, on *portal) *page {
	t.Helper()
	return newPage(t, c.ctx, on, chromedp.WithNewBrowserContext())
}

// plainPage is page with JavaScript switched off.
func (c *chromium) plainPage(t *testing.T, on *portal) *page {
	t.Helper()
	p := c.page(t, on)
	do(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	p.plain = true
	return p
}
