package main

import (
	"bytes"
	"fmt"
	"os"

	"techbiz/internal/workbook"
)

type templateCommand struct {
	File string `arg:"" help:"File to write, such as users.xlsx. One that exists is replaced."`
}

// Run writes the file once the whole template is made.
func (c *templateCommand) Run(p *program) error {
	var b bytes.Buffer
	if err := workbook.WriteTemplate(&b); err != nil {
		return err
	}
	if err := os.WriteFile(c.File, b.Bytes(), 0o644); err != nil { // #nosec G306 -- an empty form, for everybody
		return fmt.Errorf("write the template: %w", err)
	}
	_, err := fmt.Fprintf(p.stdout, "Wrote the template to %s.\n", c.File)
	return err
}
