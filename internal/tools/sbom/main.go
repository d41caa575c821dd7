// Command sbom writes the software bill of materials of a built program, as
// CycloneDX 1.6 JSON, to standard output: the Go modules that the binary itself
// says it holds, with their checksums, and the files of the browser that are
// embedded in it, after their manifest.
//
//	go run ./internal/tools/sbom BINARY MANIFEST
//
// The same binary and manifest give the same bytes.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/google/uuid"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: sbom BINARY MANIFEST")
		os.Exit(2)
	}
	if err := write(os.Stdout, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

// bom is what we write of CycloneDX.
type bom struct {
	Schema       string      `json:"$schema"`
	Format       string      `json:"bomFormat"`
	SpecVersion  string      `json:"specVersion"`
	SerialNumber string      `json:"serialNumber"`
	Version      int         `json:"version"`
	Metadata     metadata    `json:"metadata"`
	Components   []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type     string    `json:"type"`
	Ref      string    `json:"bom-ref"`
	Name     string    `json:"name"`
	Version  string    `json:"version"`
	PURL     string    `json:"purl"`
	Hashes   []hash    `json:"hashes,omitempty"`
	Licences []licence `json:"licenses,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type licence struct {
	License struct {
		ID string `json:"id"`
	} `json:"license"`
}

func write(w io.Writer, binary, manifest string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	parts := []component{goComponent("library", "std", strings.TrimPrefix(info.GoVersion, "go"), "")}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		parts = append(parts, goComponent("library", m.Path, m.Version, m.Sum))
	}
	files, err := browserFiles(manifest)
	if err != nil {
		return err
	}
	parts = append(parts, files...)
	slices.SortFunc(parts, func(a, b component) int { return strings.Compare(a.Ref, b.Ref) })
	b := bom{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Metadata:   metadata{goComponent("application", info.Main.Path, version(info), "")},
		Components: parts,
	}
	content, err := json.Marshal(b)
	if err != nil {
		return err
	}
	b.SerialNumber = "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceURL, content).String()
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(b)
}

// version is that of the program: of its module, or else the commit.
func version(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return "unknown"
}

func goComponent(kind, path, version, sum string) component {
	c := component{Type: kind, Name: path, Version: version}
	c.PURL = purl("golang", path, version)
	c.Ref = c.PURL
	// The checksum of go.sum, a SHA-256 over the module's files, under its own name.
	if digest, ok := strings.CutPrefix(sum, "h1:"); ok {
		if raw, err := base64.StdEncoding.DecodeString(digest); err == nil && len(raw) == sha256.Size {
			c.Hashes = []hash{{"SHA-256", hex.EncodeToString(raw)}}
		}
	}
	return c
}

// browserFiles are the packages of the manifest, each once for all its files.
func browserFiles(manifest string) ([]component, error) {
	text, err := os.ReadFile(manifest)
	if err != nil {
		return nil, err
	}
	var files []struct{ File, Package, Version, Licence, SHA256 string }
	if err := json.Unmarshal(text, &files); err != nil {
		return nil, fmt.Errorf("%s: %w", manifest, err)
	}
	var all []component
	for _, f := range files {
		if f.Package == "" || f.Version == "" || f.Licence == "" || f.SHA256 == "" {
			return nil, errors.New(manifest + ": " + f.File + " lacks something")
		}
		c := component{Type: "library", Name: f.Package, Version: f.Version, Hashes: []hash{{"SHA-256", f.SHA256}}}
		c.PURL = purl("npm", f.Package, f.Version)
		c.Ref = c.PURL + "#" + f.File
		l := licence{}
		if l.License.ID = f.Licence; f.Licence == "BSD-0-Clause" {
			l.License.ID = "0BSD" // its name in SPDX
		}
		c.Licences = []licence{l}
		all = append(all, c)
	}
	return all, nil
}

func purl(kind, name, version string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(p), "@", "%40")
	}
	return "pkg:" + kind + "/" + strings.Join(parts, "/") + "@" + url.PathEscape(version)
}
