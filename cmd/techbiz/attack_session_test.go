package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"techbiz/cmd/techbiz/hostile"
)

// signedIn says whether a browser with this cookie is signed in.
func (a *attack) signedIn(t *testing.T, cookie string) bool {
	t.Helper()
	res, answer, took, err := a.exchange(t.Context(), http.MethodGet, "/status", http.Header{"Cookie": {cookie}}, "")
	if err != nil {
		t.Fatal(err)
	}
	a.judge(t, "a cookie", cookie, answer, res.StatusCode, took)
	return res.StatusCode == http.StatusOK
}

// TestAttack_SessionFixation: a cookie that somebody else knows is worth nothing after
// the officer signs in, and each sign-in has its own.
func TestAttack_SessionFixation(t *testing.T) {
	t.Parallel()
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAttack(t, place(t))
			// The attacker asks for the victim's code, and plants the cookie.
			planted := cookieOf(a.submit(t, "/sign-in", "", url.Values{"email": {"victim@agency.gov.sg"}}), "")
			in := a.submit(t, "/sign-in/code", planted, url.Values{"code": {a.code(t, "victim@agency.gov.sg")}})
			first := cookieOf(in, planted)
			if planted == "" || first == planted || a.signedIn(t, planted) || !a.signedIn(t, first) {
				t.Errorf("planted %q, then %q", planted, first)
			}
			second := a.signIn(t, "second@agency.gov.sg", first)
			if second == first || a.signedIn(t, first) || !a.signedIn(t, second) {
				t.Error("the session before the second sign-in goes on")
			}
			made := "techbiz=" + strings.Repeat("A", 120)
			if sent := cookieOf(a.submit(t, "/sign-in", made, url.Values{"email": {"made@agency.gov.sg"}}), made); sent == made {
				t.Error("a cookie that was made up is kept")
			}
			if !a.signedIn(t, "techbiz=x; "+second) && !a.signedIn(t, second+"; techbiz=x") {
				t.Log("of two cookies neither counts") // either is safe
			}
			a.submit(t, "/sign-out", second, nil)
			if a.signedIn(t, second) {
				t.Error("the session goes on after signing out")
			}
		})
	}
}

// TestAttack_ForgedCookies: no change of a cookie is signed in, and none is a fault of
// ours; a token is one only where it stands whole in its header.
func TestAttack_ForgedCookies(t *testing.T) {
	t.Parallel()
	a := newAttack(t, databases["SQLite"](t))
	v := a.visitor(t)
	name, value, _ := strings.Cut(v.cookie, "=")
	var forged []string
	for i := 0; i < len(value); i += 3 {
		flipped := "A"
		if value[i] == 'A' {
			flipped = "B"
		}
		forged = append(forged, value[:i]+flipped+value[i+1:], value[:i])
	}
	for _, text := range hostile.Texts() {
		if text := strings.Map(printable, text.Value); len(text) < 8_000 {
			forged = append(forged, text, value+text)
		}
	}
	for _, f := range forged {
		// What a browser would cut off there is the cookie itself.
		if cut, _, _ := strings.Cut(f, ";"); strings.Trim(cut, " \"") == value {
			continue
		}
		if a.signedIn(t, name+"="+f) {
			t.Errorf("signed in by %q", f)
		}
	}
	for _, path := range []string{"/status?" + v.cookie, "/status;" + v.cookie, "/status?token=" + v.token, "/status?access_token=" + v.token} {
		if res, _, _, err := a.exchange(t.Context(), http.MethodGet, path, http.Header{}, ""); err != nil || res.StatusCode == http.StatusOK {
			t.Errorf("%s: %v, %v", path, res, err)
		}
	}
	const asked = `{"query":"{ viewer { email } }"}`
	for i := range v.token {
		for _, wrong := range []string{v.token[:i] + "x" + v.token[i+1:], v.token[:i], strings.ToUpper(v.token[:i]) + v.token[i:]} {
			if wrong == v.token {
				continue
			}
			res, answer, _, err := a.exchange(t.Context(), http.MethodPost, "/graphql", http.Header{"Authorization": {"Bearer " + wrong}, "Content-Type": {"application/json"}}, asked)
			if err != nil || strings.Contains(answer, "@") {
				t.Errorf("a token that is changed at %d: %v, %s, %v", i, res, answer, err)
			}
		}
	}
	a.tried(t, "forged cookies and tokens")
}

// TestAttack_Codes guesses one-time codes: one after the other, all at once, and from
// another browser.
func TestAttack_Codes(t *testing.T) {
	t.Parallel()
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAttack(t, place(t))
			ask := func(officer string) (cookie, code string) {
				cookie = cookieOf(a.submit(t, "/sign-in", "", url.Values{"email": {officer}}), "")
				return cookie, a.code(t, officer)
			}
			enter := func(cookie, code string) bool {
				res := a.submit(t, "/sign-in/code", cookie, url.Values{"code": {code}})
				if res.StatusCode >= http.StatusInternalServerError {
					t.Errorf("a code is answered with %s", res.Status)
				}
				return res.StatusCode == http.StatusSeeOther && a.signedIn(t, cookieOf(res, cookie))
			}
			cookie, code := ask("one@agency.gov.sg")
			for i := range 5 {
				if wrong := other(code, i); enter(cookie, wrong) {
					t.Fatal("a wrong code signs in")
				}
			}
			if enter(cookie, code) {
				t.Error("the right code signs in after five wrong ones")
			}
			cookie, code = ask("two@agency.gov.sg")
			var group sync.WaitGroup
			var in atomic.Int32
			for i := range 40 {
				group.Go(func() {
					if enter(cookie, other(code, i)) {
						in.Add(1)
					}
				})
			}
			group.Wait()
			if in.Load() > 0 || enter(cookie, code) {
				t.Error("forty wrong codes at once leave the right one in force")
			}
			elsewhere, _ := ask("three@agency.gov.sg")
			cookie, code = ask("four@agency.gov.sg")
			if enter(elsewhere, code) || enter("", code) {
				t.Error("a code signs in from another browser")
			}
			if !enter(cookie, code) {
				t.Error("the right code in the right browser does not sign in")
			}
			if enter(cookie, code) {
				t.Error("a code signs in twice")
			}
			for range 40 { // each from a browser of its own
				a.submit(t, "/sign-in", "", url.Values{"email": {"five@agency.gov.sg"}})
			}
			if n := strings.Count(a.mailbox(t, "five@agency.gov.sg"), `"subject"`); n > 10 {
				t.Errorf("%d codes to one address", n)
			}
			a.tried(t, "guesses of codes on "+name)
		})
	}
}

// other is a code that is not this one.
func other(code string, n int) string {
	var digits int
	_, _ = fmt.Sscan(strings.TrimLeft(code, "0"), &digits) // a code of zeros is 0
	return fmt.Sprintf("%06d", (digits+1+n)%1_000_000)
}

func (a *attack) mailbox(t *testing.T, to string) string {
	t.Helper()
	_, answer, _, err := a.exchange(t.Context(), http.MethodGet, "/sandbox/mail.json?to="+url.QueryEscape(to), http.Header{}, "")
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// TestAttack_WhoExists: asking for a code and entering one say nothing of whether an
// officer has signed in before.
func TestAttack_WhoExists(t *testing.T) {
	t.Parallel()
	a := newAttack(t, databases["SQLite"](t))
	known, unknown := "known@agency.gov.sg", "nevwr@agency.gov.sg"
	a.apiServer.token(t, known)
	said := map[string]string{}
	for _, officer := range []string{known, unknown} {
		header := a.ownPage("")
		header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, answer, _, err := a.exchange(t.Context(), http.MethodPost, "/sign-in", header, url.Values{"email": {officer}}.Encode())
		if err != nil {
			t.Fatal(err)
		}
		entered := a.submit(t, "/sign-in/code", cookieOf(res, ""), url.Values{"code": {"000000"}})
		said[officer] = fmt.Sprint(res.StatusCode, res.Header.Get("Location"), strings.ReplaceAll(answer, officer, ""), entered.StatusCode, entered.Header.Get("Location"))
	}
	if said[known] != said[unknown] {
		t.Errorf("known: %s, unknown: %s", said[known], said[unknown])
	}
}

// confided are names of what only its owner knows.
var confided = regexp.MustCompile(`(?i)(secret|password|hash|mac|signature|digest|token)$`)

// mayCompare are comparisons of such names that tell nothing, and folders of such, with
// the reason.
var mayCompare = map[string]string{
	"internal/audit": "what is stored is compared with what is stored, by the program and by whoever runs a command; nobody sends a guess",
	"checksum(body[:bodyLength]) == body[bodyLength:]": "the checksum stands in the token itself and is computed from the rest of it",
}

// TestAttack_Timing: nothing that only its owner knows is compared byte by byte, which
// would take longer the more of a guess is right. It is looked up by its hash, or
// compared in constant time. A measured test would say less, and now and then a lie.
func TestAttack_Timing(t *testing.T) {
	t.Parallel()
	looked := 0
	err := filepath.WalkDir("../../internal", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && strings.HasSuffix(path, "test") {
			return fs.SkipDir // peers for tests
		}
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		looked++
		source := string(readFile(t, path))
		ast.Inspect(file, func(n ast.Node) bool {
			var sides []ast.Expr
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if n.Op == token.EQL || n.Op == token.NEQ {
					sides = []ast.Expr{n.X, n.Y}
				}
			case *ast.CallExpr:
				if called, ok := n.Fun.(*ast.SelectorExpr); ok && called.Sel.Name == "Equal" && len(n.Args) == 2 {
					if x, ok := called.X.(*ast.Ident); ok && x.Name == "bytes" {
						sides = n.Args
					}
				}
			}
			if len(sides) != 2 || fixed(sides[0]) || fixed(sides[1]) || !named(sides[0]) && !named(sides[1]) {
				return true
			}
			text := source[files.Position(n.Pos()).Offset:files.Position(n.End()).Offset]
			if mayCompare[text] == "" && mayCompare[strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../../")] == "" {
				t.Errorf("%s: %s compares what is secret byte by byte: look its hash up, or use hmac.Equal", files.Position(n.Pos()), text)
			}
			return true
		})
		return nil
	})
	if err != nil || looked < 50 {
		t.Fatalf("looked into %d files: %v", looked, err)
	}
}

// fixed says of a side that it is no guess: a literal, nil, or a constant.
func fixed(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return e.Name == "nil" || e.Name == "true" || e.Name == "false"
	case *ast.SelectorExpr:
		return e.Sel.IsExported() && !confided.MatchString(e.Sel.Name)
	}
	return false
}

// named says of a side that its name is that of a secret.
func named(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return confided.MatchString(e.Name)
	case *ast.SelectorExpr:
		return confided.MatchString(e.Sel.Name)
	case *ast.CallExpr:
		return confided.MatchString(name(e.Fun))
	case *ast.IndexExpr:
		return named(e.X)
	case *ast.SliceExpr:
		return named(e.X)
	}
	return false
}

func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
