package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// stated fails the test where docs/security.md does not say, in a row of its table of
// attacks, how many inputs of an area are tried, or says more than were.
func stated(t *testing.T, area string, tried int) {
	t.Helper()
	row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(area) + ` \| ([\d,]+) \|`)
	found := row.FindSubmatch(readFile(t, "../../docs/security.md"))
	if found == nil {
		t.Errorf("docs/security.md has no row for the %d %s", tried, area)
		return
	}
	n, err := strconv.Atoi(strings.ReplaceAll(string(found[1]), ",", ""))
	if err != nil || tried < n {
		t.Errorf("docs/security.md says %s %s, and %d were tried", found[1], area, tried)
	}
}
