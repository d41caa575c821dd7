package main

import (
	"fmt"
	"runtime/debug"
	"strings"
)

type versionCommand struct{}

// Run prints one line: version, commit, and the Go release that built it.
func (versionCommand) Run(p *program) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	_, err := fmt.Fprintln(p.stdout, versionLine(info))
	return err
}

func versionLine(info *debug.BuildInfo) string {
	words := []string{"techbiz", info.Main.Version}
	if words[1] == "" {
		words[1] = "(devel)"
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if commit := settings["vcs.revision"]; commit != "" {
		words = append(words, "commit "+commit[:min(12, len(commit))])
	}
	if settings["vcs.modified"] == "true" {
		words = append(words, "with changes")
	}
	return strings.Join(append(words, info.GoVersion), " ")
}
