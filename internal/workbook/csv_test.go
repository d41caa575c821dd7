package workbook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"techbiz/internal/fault"

	"github.com/google/go-cmp/cmp"
)

// readText reads the bytes as users.csv.
func readText(b string) (*List, error) {
	return Read(context.Background(), strings.NewReader(b), int64(len(b)), "users.csv", DefaultLimits(), nil)
}

// lines joins rows of cells, without quotation marks, as lines.
func lines(separator, end string, rows ...[]string) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(strings.Join(r, separator) + end)
	}
	return b.String()
}

// inUTF16 encodes the text, low byte first or last, with its mark.
func inUTF16(s string, low bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
		if low {
			b = append(b, byte(u), byte(u>>8))
		} else {
			b = append(b, byte(u>>8), byte(u))
		}
	}
	return string(b)
}

func textUser(number int, email string) Row {
	u := userRow(number, email)
	u.Sheet = "users"
	return u
}

func TestReadCSV_Shapes(t *testing.T) {
	t.Parallel()
	list := func(separator, end string) string {
		return lines(separator, end, titles(), oneUser("a@b.gov.sg"), oneUser("c@b.gov.sg"))
	}
	plain := list(",", "\r\n")
	for name, text := range map[string]string{
		"commas and CRLF":                     plain,
		"commas and LF":                       list(",", "\n"),
		"commas and CR alone":                 list(",", "\r"),
		"semicolons":                          list(";", "\r\n"),
		"tabs":                                list("\t", "\r\n"),
		"a mark of UTF-8":                     "\ufeff" + plain,
		"UTF-16, low byte first":              inUTF16(plain, true),
		"UTF-16, high byte first, semicolons": inUTF16(list(";", "\r\n"), false),
		"no line end after the last row":      strings.TrimSuffix(plain, "\r\n"),
		"every cell in quotation marks":       `"` + strings.ReplaceAll(strings.ReplaceAll(strings.TrimSuffix(plain, "\r\n"), ",", `","`), "\r\n", "\"\r\n\"") + `"`,
		"blanks before quotation marks":       strings.ReplaceAll(plain, ",Wei Jie", `, "Wei Jie"`),
		"a line that says what separates":     "sep=;\r\n" + list(";", "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := readText(text)
			if err != nil {
				t.Fatal(err)
			}
			wantRows(t, l, textUser(2, "a@b.gov.sg"), textUser(3, "c@b.gov.sg"))
			if len(l.Notices) > 0 {
				t.Errorf("notices %q", l.Notices)
			}
		})
	}
}

func TestReadCSV_RowsAndValues(t *testing.T) {
	t.Parallel()
	header := strings.Join(titles(), ",") + "\n"
	user := strings.Join(oneUser("a@b.gov.sg"), ",")
	with := func(old, value string) string { return strings.Replace(user, old, value, 1) + "\n" }
	row := func(number int, change func(*Row)) []Row {
		r := textUser(number, "a@b.gov.sg")
		if change != nil {
			change(&r)
		}
		return []Row{r}
	}
	for name, c := range map[string]struct {
		text string
		want []Row
	}{
		"title, note and empty lines above the header count": {"Title\n\"Note; one\ntwo, three\"\n\n" + header + user + "\n", row(5, nil)},
		"empty lines count":            {header + "\n\n" + user + "\n\n", row(4, nil)},
		"lines of separators count":    {header + ",,,,\n" + user, row(3, nil)},
		"a row with an S/N is no user": {header + "7,,,\n" + user, row(3, nil)},
		"line breaks within a cell are one row": {header + with("Develops", "\"one\r\ntwo\n\nfour\"") + "\n" + with("a@", "c@"),
			append(row(2, func(r *Row) { r.Reason = "one\ntwo\n\nfour" }), textUser(4, "c@b.gov.sg"))},
		"quotation marks within a cell":      {header + with("Wei Jie", `"Wei ""Jay"" Jie"`), row(2, func(r *Row) { r.FirstName = `Wei "Jay" Jie` })},
		"separators within a cell":           {header + with("Example Agency", `"A, B; C"`), row(2, func(r *Row) { r.Organisation = "A, B; C" })},
		"blanks and invisible characters":    {header + with("Lim", "\u00a0Lim\u200b "), row(2, nil)},
		"numbers stay as typed":              {header + with("91234567", "+65 9123 4567"), row(2, func(r *Row) { r.ContactNumber = "+65 9123 4567" })},
		"other scripts":                      {header + with("Lim", "林🚀"), row(2, func(r *Row) { r.LastName = "林🚀" })},
		"a short row":                        {header + "1,a@b.gov.sg\n", []Row{{Number: 2, Sheet: "users", Email: "a@b.gov.sg"}}},
		"columns in any order, short names":  {"Seed;Reason;Mail;User;First;Last;Phone;Agency\nNo;Develops;a@b.gov.sg;;Wei Jie;Lim;91234567;Example Agency\n", row(2, func(r *Row) { r.CountryCode = "" })},
		"a start date as typed":              {strings.TrimSuffix(header, "\n") + ",Start date\n" + user + ",1/2/2027\n", row(2, func(r *Row) { r.StartOn = "1/2/2027" })},
		"a file of more than one buffer":     {header + strings.Repeat("\n", 3*sniffBytes) + user, row(2+3*sniffBytes, nil)},
		"a header that stands in row 20":     {strings.Repeat("x\n", 19) + header + user, row(21, nil)},
		"separators of other kinds above it": {"a;b;c;d;e;f;g\n" + header + user, row(3, nil)},
		"an id of a correction workbook":     {strings.TrimSuffix(header, "\n") + ",TechBiz row ID\n" + user + ",0193\n", row(2, func(r *Row) { r.ID = "0193" })},
		"a mark of UTF-8 alone above it":     {"\ufeff" + header + user, row(2, nil)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := readText(c.text)
			if err != nil {
				t.Fatal(err)
			}
			wantRows(t, l, c.want...)
		})
	}
}

func TestReadCSV_Notices(t *testing.T) {
	t.Parallel()
	l, err := readText(lines(",", "\n", append(titles(), "Remarks", "Mobile"), append(oneUser("a@b.gov.sg"), "x", "y", "z")))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"The column “Remarks” of the sheet “users” is not part of the template; it was ignored.",
		"Column N of the sheet “users” has no header; it was ignored.",
		"The column “Mobile” (M) of the sheet “users” repeats another; it was ignored.",
	}
	if d := cmp.Diff(want, l.Notices); d != "" {
		t.Errorf("notices (-want +got):\n%s", d)
	}
}

func TestReadCSV_Refusals(t *testing.T) {
	t.Parallel()
	header := strings.Join(titles(), ",") + "\n"
	user := strings.Join(oneUser("a@b.gov.sg"), ",") + "\n"
	ole := "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 70_000)
	for name, c := range map[string]struct {
		text string
		code fault.Code
		says string
	}{
		"an empty file":                      {"", fault.FileUnreadable, "is empty"},
		"a workbook":                         {string(bookOf(usersSheetXML()).bytes(t)), fault.FileUnreadable, "let its name end in .xlsx"},
		"an old workbook":                    {ole, fault.FileUnreadable, "named .csv"},
		"a workbook with a password":         {ole + strings.Join(strings.Split("EncryptedPackage", ""), "\x00") + "\x00", fault.FileUnreadable, "password"},
		"a web page":                         {"<html><table><tr><td>Email", fault.FileUnreadable, "web page"},
		"a PDF":                              {"%PDF-1.7", fault.FileUnreadable, "PDF"},
		"noise":                              {"\x01\x00\x02", fault.FileUnreadable, "CSV UTF-8"},
		"an encoding of old":                 {header + strings.Replace(user, "Lim", "Ren\xe9", 1), fault.FileUnreadable, "CSV UTF-8"},
		"an encoding of old, far below":      {header + strings.Repeat("\n", 3*sniffBytes) + "Ren\xe9", fault.FileUnreadable, "CSV UTF-8"},
		"a quotation mark that stays open":   {header + user + strings.Replace(user, "Lim", `"Lim`, 1) + user, fault.FileUnreadable, "begins in line 3"},
		"a quotation mark within a cell":     {header + strings.Replace(user, "Lim", `Li"m`, 1), fault.FileUnreadable, "begins in line 2"},
		"a header alone":                     {header, fault.BatchEmpty, "no users"},
		"no header":                          {user, fault.TemplateMismatch, "No header"},
		"a missing column":                   {strings.Replace(header, "Last Name", "Name", 1) + user, fault.TemplateMismatch, "“users” lacks “Last Name”"},
		"too many users":                     {header + strings.Repeat(user, 10_001), fault.TooManyRows, "10,000 users"},
		"a cell beyond the last column":      {header + strings.TrimSuffix(user, "\n") + strings.Repeat(",", 60) + "x\n" + user, fault.FileUnreadable, "to the right of column BL"},
		"a text longer than a cell can have": {header + strings.Replace(user, "Lim", strings.Repeat("x", 132_000), 1), fault.FileUnreadable, "E2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readText(c.text)
			wantFault(t, err, c.code, c.says)
		})
	}
}

func TestReadCSV_ContextEnds(t *testing.T) {
	t.Parallel()
	text := strings.Join(titles(), ",") + "\n" + strings.Repeat(strings.Join(oneUser("a@b.gov.sg"), ",")+"\n", 9000)
	for _, after := range []int{1, 5, 60} {
		ctx, cancel := context.WithCancel(context.Background())
		r := &endingReader{Reader: bytes.NewReader([]byte(text)), reads: after, end: cancel}
		if _, err := Read(ctx, r, int64(len(text)), "users.csv", DefaultLimits(), nil); !errors.Is(err, context.Canceled) || len(fault.Of(err)) > 0 {
			t.Errorf("ended at read %d: error %v, want the context's", after, err)
		}
		cancel()
	}
	broken := errors.New("disk gone")
	if _, err := Read(context.Background(), failingReader{broken}, 1000, "users.csv", DefaultLimits(), nil); !errors.Is(err, broken) || len(fault.Of(err)) > 0 {
		t.Errorf("error %v, want the reader's without a code", err)
	}
}

func TestReadCSV_NamesOfSheets(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"users.csv": "users", `C:\My lists\New users.CSV`: "New users", "a/b.c.csv": "b.c"} {
		if got := csvSheet(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// FuzzCSV looks for texts that end in something other than rows or a fault, and
// for users whose cells are not in the text.
func FuzzCSV(f *testing.F) {
	for _, name := range csvFixtures(f) {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	list := lines(";", "\r\n", titles(), oneUser("a@b.gov.sg"))
	for _, s := range []string{list, inUTF16(list, true), inUTF16(list, false), "\ufeff" + list, "sep=;\n" + list, list + "\"", "a\r\rb", "\"\r\n\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := readText(text)
		switch {
		case err == nil && len(l.Rows) == 0:
			t.Error("neither rows nor an error")
		case err != nil && len(fault.Of(err)) == 0:
			t.Errorf("an error without a code: %v", err)
		case err != nil:
			return
		}
		for i, r := range l.Rows {
			if i > 0 && r.Number <= l.Rows[i-1].Number {
				t.Errorf("row %d after row %d", r.Number, l.Rows[i-1].Number)
			}
		}
		if n := strings.Count(text, "\n") + strings.Count(text, "\r") + 1; l.Rows[len(l.Rows)-1].Number > n {
			t.Errorf("row %d of %d lines", l.Rows[len(l.Rows)-1].Number, n)
		}
	})
}

func csvFixtures(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("testdata/*.csv")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// The cases run one by one, for they count what is allocated.
func TestReadCSV_CostOfHostileFiles(t *testing.T) {
	header := strings.Join(titles(), ",") + "\n"
	for _, c := range []struct{ name, text, says string }{
		{"a quotation mark before 60 MB", header + `"` + strings.Repeat("x", 60<<20/scale), "row 1 is longer"},
		{"a row of 60 MB", header + strings.Repeat("x", 60<<20/scale), "row 1 is longer"},
		{"a row of a million separators", header + strings.Repeat(",", 60<<20/scale), "row 1 is longer"},
		{"lines without end", strings.Repeat("\n", 60<<20/scale), "row 0 is longer"},
		{"rows without users", header + strings.Repeat(",\n", 5<<20/scale), "no users"},
		{"quotation marks without end", header + strings.Repeat(`"`, 60<<20/scale), "row 1 is longer"},
		{"separators in every cell of the header", strings.Repeat(strings.Repeat(";,\t", 1000)+"\n", 10_000/scale), "the right of column BL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := cheaply(t, []byte(c.text), "users.csv")
			if err == nil || !strings.Contains(fmt.Sprint(err), c.says) {
				t.Errorf("error %v does not say %q", err, c.says)
			}
		})
	}
}
