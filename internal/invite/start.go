package invite

import (
	"time"

	"techbiz/internal/clock"
	"techbiz/internal/fault"
)

// startHour is the hour in Singapore at which the work of a day starts.
const startHour = 9

// startMost is how far ahead a start date may lie, in years.
const startMost = 1

// dayFormats are the ways in which a day may be written: as forms, people and
// machines do.
var dayFormats = []string{time.DateOnly, "2-1-2006", "2/1/2006"}

// DayFormat is how a day is shown to people.
const DayFormat = "02-01-2006"

// start checks a start date and returns it as yyyy-mm-dd, or nothing where there
// is none or it has a fault. Today is a start date at any hour: after 09:00 the
// work starts at once.
func (c *check) start(typed string, now time.Time) string {
	if typed == "" {
		return ""
	}
	now = now.In(clock.Singapore)
	day, known := readDay(typed)
	switch last := now.AddDate(startMost, 0, 0); {
	case !known:
		c.add("startOn", fault.InvalidFormat, "Enter a day of the calendar as dd-mm-yyyy, such as %s, or leave the start date empty.",
			now.AddDate(0, 0, 1).Format(DayFormat))
	case day < now.Format(time.DateOnly):
		c.add("startOn", fault.InvalidFormat, "The start date has passed. Enter today or a later day, or leave it empty to start at once.")
	case day > last.Format(time.DateOnly):
		c.add("startOn", fault.InvalidFormat, "The start date is more than a year ahead. Enter a day up to %s.", last.Format(DayFormat))
	default:
		return day
	}
	return ""
}

// readDay reads a day in any of the formats and returns it as yyyy-mm-dd.
func readDay(typed string) (day string, known bool) {
	for _, format := range dayFormats {
		if t, err := time.Parse(format, typed); err == nil {
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}

// startAt is the moment at which the work of a day, yyyy-mm-dd, starts. It is the
// zero time for what is no day.
func startAt(day string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, clock.Singapore)
	if err != nil {
		return time.Time{}
	}
	return t.Add(startHour * time.Hour)
}

// StartedDay is the last day, yyyy-mm-dd, whose work has started: a start date up
// to it waits no longer.
func StartedDay(now time.Time) string {
	return now.In(clock.Singapore).Add(-startHour * time.Hour).Format(time.DateOnly)
}

// Scheduled says whether work with this start date, yyyy-mm-dd or nothing, has to
// wait.
func Scheduled(day string, now time.Time) bool { return day > StartedDay(now) }
