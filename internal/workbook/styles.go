package workbook

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mostStyles is how many cell formats Excel itself can have.
const mostStyles = 65_490

// styles says of each cell format whether it shows a number as a date. Formats
// matter for nothing else.
type styles struct{ dated []bool }

// of says it of the format that a cell names.
func (s *styles) of(index []byte) bool {
	if len(s.dated) == 0 || len(index) == 0 {
		return false
	}
	i, err := strconv.Atoi(string(index))
	return err == nil && i >= 0 && i < len(s.dated) && s.dated[i]
}

// read loads the formats from their part.
func (s *styles) read(x *scanner) error {
	if err := root(x, "styleSheet"); err != nil {
		return err
	}
	var (
		formats []int // by cell format
		dates   = map[int]bool{}
		cells   bool // within <cellXfs>
	)
	for {
		tok, err := x.next()
		if err != nil {
			return err
		}
		switch {
		case tok == endOfPart:
			for _, id := range formats {
				s.dated = append(s.dated, dates[id] || builtInDate(id))
			}
			return nil
		case tok == endTag && x.depth() == 1:
			cells = false
		case tok != startTag:
		case x.depth() == 2:
			cells = string(x.name) == "cellXfs"
		case cells && x.depth() == 3 && string(x.name) == "xf" && len(formats) < mostStyles:
			id, _ := strconv.Atoi(string(x.value("numFmtId"))) // what is no number is no date
			formats = append(formats, id)
		case string(x.name) == "numFmt" && len(dates) < mostStyles:
			if id, err := strconv.Atoi(string(x.value("numFmtId"))); err == nil {
				dates[id] = dateFormat(string(x.value("formatCode")))
			}
		}
	}
}

// builtInDate says whether the number format, one of those that no file spells
// out, is a date's. 27 to 58 are so in Chinese, Japanese and Korean versions.
func builtInDate(id int) bool {
	dates := []int{14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58}
	_, found := slices.BinarySearch(dates, id)
	return found
}

// dateFormat says whether a number format shows a day: it has a d or a y, outside
// of quotation marks and brackets and not escaped, or an m without hours and
// seconds, which is a month.
func dateFormat(code string) bool {
	code, _, _ = strings.Cut(strings.ToLower(code), ";")
	if code == "general" || code == "standard" {
		return false
	}
	month, clock := false, false
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '\\', '_', '*':
			i++
		case '"', '[':
			end := strings.IndexByte(code[i+1:], map[byte]byte{'"': '"', '[': ']'}[code[i]])
			if end < 0 {
				return false
			}
			inner := code[i+1 : i+1+end]
			clock = clock || code[i] == '[' && strings.Trim(inner, "hms") == "" // elapsed time
			i += end + 1
		case 'd', 'y':
			return true
		case 'm':
			month = true
		case 'h', 's':
			clock = true
		}
	}
	return month && !clock
}

// dayLayout is how a day is written.
const dayLayout = "02-01-2006"

// dateText is the date that a serial number means, as dd-mm-yyyy, with hours and
// minutes where it has some; false for a number that is no date in Excel.
func dateText(serial string, from1904 bool) (string, bool) {
	const (
		lastDay   = 2_958_465 // 31-12-9999
		leapDay   = 60        // 29-02-1900, which never was
		days1904  = 1_462
		minuteDay = 24 * 60
	)
	f, err := strconv.ParseFloat(serial, 64)
	if err != nil || !(f >= 0 && f < lastDay+1) {
		return "", false
	}
	minutes := int(math.Round(f * minuteDay))
	if from1904 {
		minutes += days1904 * minuteDay
	}
	if minutes < leapDay*minuteDay {
		minutes += minuteDay
	}
	at := time.Date(1899, 12, 30, 0, minutes, 0, 0, time.UTC)
	if minutes < 2*minuteDay || at.Year() > 9999 {
		return "", false
	}
	return dateAndClock(at), true
}

func dateAndClock(at time.Time) string {
	if at.Hour() == 0 && at.Minute() == 0 {
		return at.Format(dayLayout)
	}
	return at.Format(dayLayout + " 15:04")
}

// isoDate is dateText for a date in ISO 8601.
func isoDate(s string) (string, bool) {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05.999999999", time.RFC3339Nano, "2006-01-02T15:04"} {
		if at, err := time.Parse(layout, s); err == nil {
			return dateAndClock(at), true
		}
	}
	return "", false
}

// startOn is the start date of a cell: the day of a date, be it a number without
// the format of one, and else what the cell shows.
func startOn(c cell) string {
	const first, last = 36_526, 73_050 // 01-01-2000 and 31-12-2099
	if c.kind == number && !c.dated {
		if f, err := strconv.ParseFloat(strings.TrimSpace(c.text), 64); err == nil && f >= first && f <= last {
			c.dated = true
		}
	}
	text := oneLine(display(c))
	if c.dated || c.kind == date {
		if day, clock, _ := strings.Cut(text, " "); len(day) == len(dayLayout) && len(clock) == len("15:04") {
			return day
		}
	}
	return text
}
