package audit

import (
	"fmt"
	"strings"
)

// parts are what an export is called, by its word in [Detail.What].
var parts = map[string]string{
	"status": "User creation status", "activity": "Activity", "corrections": "Users to correct", "report": "Report of a list",
	"person": "One person's data",
}

// subject is what the act is about where that is not a person or a thing of ours.
func (d Detail) subject() string {
	if name := parts[d.What]; name != "" {
		return name
	}
	return d.Domain
}

// String says in words what else there is to say; "" for nothing.
func (d Detail) String() string {
	var said []string
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	switch {
	case d.Done != nil:
		say("%d of %d", *d.Done, d.Users)
	case d.Users > 0:
		say("%s", plural(d.Users, "user", "users"))
	}
	if d.LeftOut > 0 {
		say("%d left out", d.LeftOut)
	}
	if d.Rows != nil {
		say("%s", plural(*d.Rows, "row", "rows"))
	}
	if d.Format != "" {
		say(".%s", d.Format)
	}
	if d.What != "" && parts[d.What] == "" {
		say("%s", d.What)
	}
	if d.Role != "" {
		say("%s", strings.ToLower(strings.ReplaceAll(d.Role, "_", " ")))
	}
	if d.Reason != "" {
		say("%s", d.Reason)
	} else if d.Code != "" {
		say("%s", d.Code)
	}
	if d.Before > 0 {
		say("and %d times before", d.Before)
	}
	return strings.Join(said, ", ")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
