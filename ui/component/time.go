package component

import (
	"strconv"
	"time"

	"techbiz/internal/clock"
)

// date shows the day in Singapore as the product does, dd-mm-yyyy.
func date(t time.Time) string { return t.In(clock.Singapore).Format("02-01-2006") }

// dateTime shows the minute in Singapore.
func dateTime(t time.Time) string { return t.In(clock.Singapore).Format("02-01-2006, 15:04") }

// moment shows the second in Singapore.
func moment(t time.Time) string { return t.In(clock.Singapore).Format("02-01-2006, 15:04:05") }

// machineTime is the form for the datetime attribute.
func machineTime(t time.Time) string { return t.In(clock.Singapore).Format(time.RFC3339) }

// Plural is a number and its noun.
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// Count writes a number with commas, such as 10,000.
func Count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
