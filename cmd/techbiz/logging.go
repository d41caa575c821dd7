package main

import (
	"io"
	"log/slog"

	"techbiz/internal/requestid"
)

// newLogger returns the program's log. The settings have been checked.
func (l *Logging) newLogger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.LogLevel)); err != nil {
		return nil, err
	}
	options := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(w, options)
	if l.LogFormat == "json" {
		h = slog.NewJSONHandler(w, options)
	}
	return slog.New(requestid.LogHandler(h)), nil
}
