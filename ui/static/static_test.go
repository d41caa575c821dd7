package static

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestVendor_IsWhatTheManifestSays(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("vendor/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest []struct{ File, Package, Version, Licence, SHA256 string }
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"manifest.json": true}
	for _, m := range manifest {
		known[m.File] = true
		body, err := os.ReadFile("vendor/" + m.File)
		if err != nil {
			t.Error(err)
			continue
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != m.SHA256 {
			t.Errorf("%s of %s %s has been changed", m.File, m.Package, m.Version)
		}
		if m.Licence == "" {
			t.Errorf("%s has no licence", m.File)
		}
	}
	entries, err := os.ReadDir("vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !known[strings.TrimSuffix(e.Name(), ".LICENSE")] {
			t.Errorf("vendor/%s is not in the manifest", e.Name())
		}
	}
}

func TestHandler(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, URL("style.css"), nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Header().Get("Content-Encoding") != "gzip" ||
		w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("got %d, %v", w.Code, w.Header())
	}
	if n := w.Body.Len(); n > 10<<10 {
		t.Errorf("the sheet weighs %d bytes", n)
	}
}

// Dropping what is not used loses nothing that is.
func TestSheet_DefinesWhatItUses(t *testing.T) {
	t.Parallel()
	sheet := string(all().asset[URL("style.css")].body)
	for _, u := range use.FindAllStringSubmatch(sheet, -1) {
		if !strings.Contains(sheet, u[1]+":") {
			t.Errorf("%s has no value", u[1])
		}
	}
	if strings.Contains(sheet, "/*") || strings.Count(sheet, "{") != strings.Count(sheet, "}") {
		t.Error("the sheet is damaged")
	}
}

// Every file that the sheet names is there, under its hashed name.
func TestSheet_NamesWhatIsThere(t *testing.T) {
	t.Parallel()
	c := all()
	sheet := string(c.asset[URL("style.css")].body)
	names := regexp.MustCompile(`url\("([^"]+)"\)`).FindAllStringSubmatch(sheet, -1)
	if len(names) == 0 {
		t.Fatal("the sheet names no file")
	}
	for _, n := range names {
		if _, ok := c.asset["/static/"+n[1]]; !ok {
			t.Errorf("the sheet names %s, which is not there", n[1])
		}
	}
}
