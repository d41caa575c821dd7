package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

const (
	// secretTag marks a field of the settings as a secret: a key, or an address that
	// may hold a password. Its value may stand in a file, which a variable of this
	// ending names, and is never shown.
	secretTag = "secret"
	fileEnd   = "_FILE"

	// maxSecret is the largest file of a secret, in bytes.
	maxSecret = 64 << 10
)

// secretFile is the name of the variable that says in which file the secret of the
// other stands, "" where the setting is no secret.
func secretFile(value *kong.Value, name string) string {
	if name == "" || !value.Tag.Has(secretTag) {
		return ""
	}
	return name + fileEnd
}

// readSecret reads what stands in a file, but for the line end behind it.
func readSecret(path string) (text string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err // names the path
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	content, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", err
	}
	if len(content) > maxSecret {
		return "", fmt.Errorf("%s is too large for a secret", path)
	}
	if text = strings.TrimRight(string(content), "\r\n"); text == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return text, nil
}

// hiding is the text without the secret.
func hiding(text, secret string) string {
	if secret == "" {
		return text
	}
	return strings.ReplaceAll(text, secret, "(not shown)")
}
