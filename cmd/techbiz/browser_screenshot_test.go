package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// The folder that the pictures go to; without it none are taken.
const screenshotsEnv = "TECHBIZ_TEST_SCREENSHOTS"

// unpictured are states of a page that another picture shows well enough: the
// folder is part of the repository.
var unpictured = map[string]bool{
	"sign-in-error": true, "email-errors": true, "single-officer": true, "review-to-fix": true, "review-none": true,
	"upload-earlier": true, "status-none": true, "activity-none": true, "status-resent": true, "status-correct": true, "registered": true, "activate": true, "reset": true,
}

// tallest is the height at which a picture ends.
const tallest = 2200

// TestScreenshots takes a picture of every page, on a desktop and on a phone.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv(screenshotsEnv)
	if dir == "" {
		t.Skipf("no %s: make screenshots takes the pictures", screenshotsEnv)
	}
	p := startChromium(t).page(t, servePortal(t, databases["SQLite"](t), sampleDomains, atWalkersPace))
	w := &walk{page: p, visit: func(name string, widths ...int64) {
		if unpictured[name] {
			return
		}
		for _, width := range widthsOr(widths) {
			p.picture(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, width)), width)
		}
		p.resize(desktopWidth, 900)
	}}
	w.everyState(t)
}

// picture takes the whole page, or what a window shows where a dialog or a menu
// lies over it.
func (p *page) picture(path string, width int64) {
	p.t.Helper()
	height := int64(900)
	p.resize(width, height)
	if whole, _ := evaluate[int64](p, `document.querySelector(':modal, :popover-open') ? 0 : document.documentElement.scrollHeight`); whole > height {
		p.resize(width, min(whole, tallest))
	}
	_, err := run(p, chromedp.Evaluate[chromedp.Void](`(async () => {
		scrollTo(0, 0);
		await document.fonts.ready;
		await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
	})()`, chromedp.EvalAwaitPromise))
	p.must(err)
	picture := do(p, cdpage.CaptureScreenshot, cdpage.CaptureScreenshotParams{Format: cdpage.CaptureScreenshotFormatPng})
	p.must(os.WriteFile(path, picture.Data, 0o644))
}

// pictured takes pictures of a page for whoever works on it, where a folder is
// named.
func (p *page) pictured(name string) {
	p.t.Helper()
	dir := os.Getenv(screenshotsEnv)
	if dir == "" {
		return
	}
	for _, width := range []int64{desktopWidth, phoneWidth} {
		p.picture(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, width)), width)
	}
	p.resize(desktopWidth, 900)
}
