package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/alecthomas/kong"
)

// Exit statuses.
const (
	exitOK      = 0
	exitFailure = 1
	exitMistake = 2
)

const envPrefix = "TECHBIZ_"

const description = `TechBiz: create TechPass accounts for public officers and vendors.

Without a command it serves the portal, on SQLite in ./data and with a sandbox in
place of the directory and the mail relay: open http://127.0.0.1:8080.

Examples:
  techbiz
  techbiz --addr 127.0.0.1:9000 --allowed-domains vendor.com,supplier.sg
  techbiz token create --officer tan.ah.kow@agency.gov.sg --name pipeline
  TECHBIZ_DATABASE_URL=postgres://techbiz@db/techbiz techbiz migrate
  techbiz template users.xlsx

Every setting is a flag and an environment variable; the flag wins, and an empty
variable counts as unset. A secret may stand in a file, which NAME_FILE names in place
of NAME. Exit status 2 is a mistake in a setting, 1 a failure.`

// commandLine is what can be typed; each command is in a file of its name.
type commandLine struct {
	Serve    serveCommand     `cmd:"" default:"withargs" help:"Serve the portal and the API (the default command)."`
	Migrate  migrateCommand   `cmd:"" help:"Bring the database to what this program needs."`
	Token    tokenCommands    `cmd:"" help:"Make and revoke API tokens."`
	Identity identityCommands `cmd:"" help:"Undo who an officer is at the OpenID provider."`
	Audit    auditCommands    `cmd:"" help:"Check the activity log."`
	Keys     keysCommands     `cmd:"" help:"Make and exchange the keys that contact numbers are sealed with."`
	Person   personCommands   `cmd:"" help:"Show or erase what is held about one person."`
	Template templateCommand  `cmd:"" help:"Write the Excel template for multiple accounts."`
	Version  versionCommand   `cmd:"" help:"Print the version."`
}

var groups = []kong.Group{
	{Key: "server", Title: "Server"},
	{Key: "storage", Title: "Data"},
	{Key: "people", Title: "Who may be invited, and who administers"},
	{Key: "sign-in", Title: "How officers sign in, and from where"},
	{Key: "directory", Title: "Directory and sandbox"},
	{Key: "mail", Title: "Mail"},
	{Key: "upload", Title: "Create multiple accounts"},
	{Key: "links", Title: "Links on the pages"},
	{Key: "logging", Title: "Log"},
}

// mistake is what a person did wrong on the command line or in a setting.
type mistake struct {
	flag    string // without dashes; "" where no single flag is at fault
	message string
}

func (m *mistake) Error() string { return m.message }

// mistaken returns a mistake in the setting of that flag.
func mistaken(flag, format string, args ...any) error {
	return &mistake{flag: flag, message: fmt.Sprintf(format, args...)}
}

// checker is a command whose settings have rules beyond their form. check
// returns a *mistake.
type checker interface{ check() error }

// run parses args, runs the command and returns the exit status.
func (p *program) run(ctx context.Context, args []string) int {
	exited := false
	var cl commandLine
	vars := variables{byValue: map[*kong.Value]string{}, byFlag: map[string]string{}, set: map[string]string{}, secrets: map[string]bool{}}
	parser, err := kong.New(&cl,
		kong.Name("techbiz"), kong.Description(description), kong.ExplicitGroups(groups),
		kong.Writers(p.stdout, p.stderr), kong.Exit(func(int) { exited = true }),
		kong.Resolvers(kong.ResolverFunc(vars.resolve)),
		kong.Help(printHelp), kong.ValueFormatter(vars.describe),
		kong.ConfigureHelp(kong.HelpOptions{NoAppDescFormat: true, Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return p.report(err, vars)
	}
	if err := vars.takeFrom(parser, p.env); err != nil {
		return p.report(err, vars)
	}
	parsed, err := parser.Parse(args)
	switch {
	case exited: // --help
		return exitOK
	case err != nil:
		return p.report(usage(err), vars)
	}
	vars.warnOfUnknown(p)
	if c, ok := parsed.Selected().Target.Addr().Interface().(checker); ok {
		if err := c.check(); err != nil {
			return p.report(err, vars)
		}
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return p.report(parsed.Run(p), vars)
}

// usage makes a mistake of whatever the parser refuses.
func usage(err error) error {
	var m *mistake
	if errors.As(err, &m) {
		return m
	}
	return &mistake{message: err.Error() + `; "techbiz --help" says what there is`}
}

// report prints err, if any, as one line, or one each for several mistakes, and
// returns the exit status.
func (p *program) report(err error, vars variables) int {
	if err == nil {
		return exitOK
	}
	if all, ok := errors.AsType[mistakes](err); ok {
		for _, one := range all {
			p.report(one, vars)
		}
		return exitMistake
	}
	line, status := err.Error(), exitFailure
	var m *mistake
	if errors.As(err, &m) {
		status = exitMistake
		if m.flag != "" {
			line = fmt.Sprintf("--%s (%s): %s", m.flag, vars.byFlag[m.flag], m.message)
			if vars.byFlag[m.flag] == "" {
				line = fmt.Sprintf("--%s: %s", m.flag, m.message)
			}
		}
	}
	p.say(line)
	return status
}

// say prints one line on standard error.
func (p *program) say(line string) {
	fmt.Fprintln(p.stderr, "techbiz: "+strings.Join(strings.Fields(line), " "))
}

// variables are the environment variables of the flags. The parser would read
// the process's environment itself; taking the names from it makes a run depend
// on program.env alone.
type variables struct {
	byValue map[*kong.Value]string // names
	byFlag  map[string]string      // names
	set     map[string]string      // values of those that are set
	secrets map[string]bool        // names of those that name the file of a secret
}

// takeFrom collects the variables' names from the parser, and their values from
// env, and makes the parser's errors name their flag.
func (v variables) takeFrom(parser *kong.Kong, env []string) error {
	for _, line := range env {
		name, value, _ := strings.Cut(line, "=")
		if strings.HasPrefix(name, envPrefix) {
			v.set[name] = value
		}
	}
	return kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			if len(flag.Tag.Envs) > 0 {
				v.byValue[flag.Value], v.byFlag[flag.Name] = flag.Tag.Envs[0], flag.Tag.Envs[0]
			}
			flag.Envs, flag.Tag.Envs = nil, nil
			flag.Mapper = namingMapper{flag.Mapper}
			if file := secretFile(flag.Value, v.byValue[flag.Value]); file != "" {
				v.secrets[file] = true
			}
		}
		return next(nil)
	})
}

func (v variables) resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	name := v.byValue[flag.Value]
	value, file := v.set[name], secretFile(flag.Value, name)
	switch path := v.set[file]; {
	case value != "" && path != "":
		return nil, mistaken(flag.Name, "%s is set as well; keep one of them", file)
	case value != "":
		return value, nil
	case path != "":
		text, err := readSecret(path)
		if err != nil {
			return nil, mistaken(flag.Name, "the file that %s names cannot be used: %s", file, err)
		}
		return text, nil
	}
	return nil, nil
}

// describe is a flag's help with its default and its variable.
func (v variables) describe(value *kong.Value) string {
	help := value.Help
	if value.HasDefault && value.Default != "" {
		help += " Default: " + value.Default
	}
	if name := v.byValue[value]; name != "" {
		help += " [" + name
		if file := secretFile(value, name); file != "" {
			help += " or " + file
		}
		help += "]"
	}
	return help
}

// warnOfUnknown points out variables that look like ours and are not: a mistyped
// name would silently do nothing.
func (v variables) warnOfUnknown(p *program) {
	var known []string
	for _, name := range v.byFlag {
		known = append(known, name)
	}
	slices.Sort(known)
	var unknown []string
	for name := range v.set {
		if !slices.Contains(known, name) && !v.secrets[name] && !strings.HasPrefix(name, envPrefix+"TEST_") {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		line := "warning: there is no setting " + name
		if near := nearest(name, known); near != "" {
			line += "; did you mean " + near + "?"
		}
		p.say(line)
	}
}

// nearest returns the word that was probably meant, or "".
func nearest(word string, words []string) string {
	const tolerated = 3
	best, distance := "", math.MaxInt
	for _, w := range words {
		if d := levenshtein.ComputeDistance(word, w); d < distance {
			best, distance = w, d
		}
	}
	if distance > tolerated {
		return ""
	}
	return best
}

// namingMapper makes a mistake of what its mapper refuses.
type namingMapper struct{ kong.Mapper }

func (m namingMapper) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	given := ctx.Scan.Peek().String()
	if err := m.Mapper.Decode(ctx, target); err != nil {
		message := err.Error()
		if ctx.Value.Tag.Has(secretTag) {
			message = hiding(message, given)
		}
		return &mistake{flag: ctx.Value.Name, message: message}
	}
	return nil
}

// printHelp prints the help of the chosen command; without one, that of the
// program and of serve, which has the settings.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil || ctx.Selected() != nil {
		return err
	}
	serve, err := kong.Trace(ctx.Kong, []string{"serve"})
	if err != nil {
		return err
	}
	fmt.Fprintln(ctx.Stdout, "\nSettings of techbiz serve:")
	options.NoAppSummary = true
	return kong.DefaultHelpPrinter(options, serve)
}
