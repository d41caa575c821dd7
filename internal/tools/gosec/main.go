// Command gosec looks for what is insecure in the packages that go vet hands it:
//
//	go vet -vettool=/the/path/of/gosec ./...
//
// Test files are left out. It is a module of its own, shared with govulncheck, so
// that nothing of theirs becomes a dependency of the product.
package main

import (
	"log"
	"strings"

	"github.com/securego/gosec/v2/goanalysis"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/unitchecker"
)

// unused are rules that a better one stands for. G304 names every file that is
// opened by a variable; G703 names those whose path comes from outside.
const unused = "G304"

func main() {
	if err := goanalysis.Analyzer.Flags.Set("exclude", unused); err != nil {
		log.Fatal(err)
	}
	unitchecker.Main(withoutTests(*goanalysis.Analyzer))
}

// withoutTests is the analyzer, silent about test files, which go vet includes.
func withoutTests(a analysis.Analyzer) *analysis.Analyzer {
	run := a.Run
	a.Run = func(pass *analysis.Pass) (any, error) {
		report := pass.Report
		pass.Report = func(d analysis.Diagnostic) {
			if !strings.HasSuffix(pass.Fset.Position(d.Pos).Filename, "_test.go") {
				report(d)
			}
		}
		return run(pass)
	}
	return &a
}
