// Package static holds the files that browsers load: style, script, icons, font.
//
// Every file is embedded, served under a name that carries the hash of its
// content, and may be kept for ever; what shrinks is compressed once, when the
// first page asks for an address. The files below vendor/ are copies whose
// origin stands in vendor/manifest.json; ../vendor.sh renews them.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

//go:embed style.css app.js explorer.css explorer.js *.svg vendor/*.css vendor/*.js vendor/*.woff2
var files embed.FS

// asset is one file as it goes out.
type asset struct {
	contentType string
	body        []byte
	gzipped     []byte // nil where compression gains nothing
}

// catalogue maps plain names to addresses, and addresses to files.
type catalogue struct {
	address map[string]string
	asset   map[string]asset
}

// all is built once. The sheet comes last, since it names other files.
var all = sync.OnceValue(func() catalogue {
	c := catalogue{address: map[string]string{}, asset: map[string]asset{}}
	c.add("inter-latin-wght-normal.woff2", "font/woff2", read("vendor/inter-latin-wght-normal.woff2"))
	for _, name := range []string{"chevron.svg", "favicon.svg", "sprite.svg"} {
		c.add(name, "image/svg+xml", read(name))
	}
	c.add("htmx.min.js", "text/javascript; charset=utf-8", read("vendor/htmx.min.js"))
	c.add("hx-sse.min.js", "text/javascript; charset=utf-8", read("vendor/hx-sse.min.js"))
	c.add("app.js", "text/javascript; charset=utf-8", []byte(remark.ReplaceAllString(string(read("app.js")), "")))
	c.add("style.css", "text/css; charset=utf-8", c.sheet())
	return c
})

// URL returns the address of a file by its plain name, such as "app.js".
func URL(name string) string {
	address, ok := all().address[name]
	if !ok {
		panic("static: no file " + name) // a misspelt template, found by any test of the page
	}
	return address
}

// Handler serves the files below /static/.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		files := all
		if strings.HasPrefix(r.URL.Path, "/static/"+explorerFolder) {
			files = explorer
		}
		a, ok := files().asset[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.contentType)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		body := a.body
		if a.gzipped != nil {
			h.Set("Vary", "Accept-Encoding")
			if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				h.Set("Content-Encoding", "gzip")
				body = a.gzipped
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // the browser went away
		}
	})
}

// sheet joins the design system's tokens with our own sheet into one file, and
// puts the hashed names of what it refers to in place of the plain ones.
func (c catalogue) sheet() []byte {
	day := strings.Replace(string(read("vendor/day.css")), `@import "./root.css";`, "", 1)
	css := string(read("vendor/root.css")) + day + string(read("style.css"))
	for name, address := range c.address {
		css = strings.ReplaceAll(css, `url("`+name+`")`, `url("`+path.Base(address)+`")`)
	}
	return []byte(slim(css))
}

var (
	comment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	margin  = regexp.MustCompile(`\s*\n\s*`)
	// Blanks and line ends beside punctuation mean nothing in a sheet.
	blank  = regexp.MustCompile(`\s*([{};,>])\s*|(:) +`)
	remark = regexp.MustCompile(`(?m)^\s*(//.*\n)?\s*`)
	// A line of the design system's files that gives a token its value.
	token = regexp.MustCompile(`(?m)^(--sgds-[\w-]+):[^\n{};]*;\n`)
	use   = regexp.MustCompile(`var\(\s*(--[\w-]+)`)
)

// slim drops comments, blanks that mean nothing, and the tokens that nothing
// refers to: the design system has far more than we use, and each page waits for
// the sheet.
func slim(css string) string {
	css = margin.ReplaceAllString(comment.ReplaceAllString(css, ""), "\n")
	for before := 0; before != len(css); {
		before = len(css)
		used := map[string]bool{}
		for _, u := range use.FindAllStringSubmatch(css, -1) {
			used[u[1]] = true
		}
		css = token.ReplaceAllStringFunc(css, func(line string) string {
			if name, _, _ := strings.Cut(line, ":"); !used[name] {
				return ""
			}
			return line
		})
	}
	return blank.ReplaceAllString(css, "$1$2")
}

func (c catalogue) add(name, contentType string, body []byte) {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	address := "/static/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	a := asset{contentType: contentType, body: body}
	if z := compress(body); ext != ".woff2" && len(z) < len(body) {
		a.gzipped = z
	}
	c.address[name], c.asset[address] = address, a
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	_, _ = z.Write(body) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

func read(name string) []byte {
	body, err := files.ReadFile(name)
	if err != nil {
		panic(err) // the name is a constant and embedded above
	}
	return body
}
