package invite

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"techbiz/internal/address"
	"techbiz/internal/fault"
)

// At returns where the details keep a field of the contract, nil for one that
// they have not.
func (d *Details) At(field string) *string {
	switch field {
	case "email":
		return &d.Email
	case "techPassUsername":
		return &d.Username
	case "firstName":
		return &d.FirstName
	case "lastName":
		return &d.LastName
	case "countryCode":
		return &d.CountryCode
	case "contactNumber":
		return &d.ContactNumber
	case "organisation":
		return &d.Organisation
	case "department":
		return &d.Department
	case "seedRequired":
		return &d.Seed
	case "reason":
		return &d.Reason
	case "startOn":
		return &d.StartOn
	}
	return nil
}

// suggest adds to the faults of a request the values that were probably meant. A
// value is told only when the same rule has no fault in it, together with what is
// suggested for the fields before: a misspelt officer needs no username.
func (r Rules) suggest(req Request, faults fault.List, rule func(Details) (Request, fault.List)) {
	d := req.Details
	for _, f := range faults {
		at := d.At(f.Field[0])
		if at == nil {
			continue
		}
		typed := *at
		for _, meant := range r.meant(f, d) {
			if meant == "" || meant == typed {
				continue
			}
			*at = meant
			if _, left := rule(d); !hasField(left, f.Field[0]) {
				f.Suggestion = &meant
				break
			}
			*at = typed
		}
	}
}

func hasField(l fault.List, field string) bool {
	for _, f := range l {
		if len(f.Field) > 0 && f.Field[0] == field {
			return true
		}
	}
	return false
}

// meant are the values that may have been meant, the likeliest first.
func (r Rules) meant(f *fault.Error, d Details) []string {
	switch field := f.Field[0]; {
	case f.Code == fault.TooLong, f.Code == fault.UsernameNotAllowed:
		return nil
	case field == "techPassUsername" && f.Code == fault.Required:
		return []string{usernameOf(d.LastName + " " + d.FirstName)}
	case f.Code == fault.Required:
		return nil
	case field == "email":
		return r.meantEmail(d.Email)
	case field == "techPassUsername":
		return []string{meantUsername(d.Username)}
	case field == "countryCode":
		return []string{meantCountry(d.CountryCode)}
	case field == "contactNumber":
		return []string{meantNumber(d.ContactNumber)}
	case field == "startOn":
		return []string{meantDay(d.StartOn)}
	case field == "seedRequired" && f.Code == fault.SeedNotEligible:
		return []string{"No"}
	case field == "seedRequired":
		return []string{meantAnswer[strings.ToLower(strings.TrimRight(d.Seed, ".!"))]}
	}
	return []string{shown(*d.At(f.Field[0]))}
}

// shown is a text without what cannot be shown.
func shown(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !printable(string(r)) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
}

// meantAnswer is what people write in place of Yes and No.
var meantAnswer = map[string]string{
	"y": "Yes", "yes": "Yes", "ye": "Yes", "yeah": "Yes", "true": "Yes", "1": "Yes", "required": "Yes",
	"n": "No", "no": "No", "nope": "No", "false": "No", "0": "No", "not required": "No", "none": "No", "nil": "No", "na": "No", "n/a": "No", "-": "No",
}

// otherDays are ways to write a day that leave no doubt about it.
var otherDays = []string{"2.1.2006", "2 1 2006", "2006/1/2", "2006.1.2", "2-1-06", "2/1/06", "2 Jan 2006", "2 January 2006", "2-Jan-2006", "2-Jan-06", "Jan 2, 2006", "January 2, 2006"}

// meantDay is a day as we write it.
func meantDay(typed string) string {
	s := strings.Join(strings.Fields(typed), " ")
	for _, format := range otherDays {
		if t, err := time.Parse(format, s); err == nil {
			return t.Format(DayFormat)
		}
	}
	return ""
}

// meantEmail is an address without what came along when it was copied, and then
// the same at the domain that is one slip away.
func (r Rules) meantEmail(typed string) []string {
	plain := plainEmail(typed)
	if !address.Valid(plain) {
		return nil
	}
	all := []string{plain}
	if near := r.nearest(address.Domain(plain)); near != "" {
		all = append(all, plain[:strings.LastIndexByte(plain, '@')+1]+near)
	}
	return all
}

// plainEmail takes off blanks, "mailto:", a name before <…>, stops at either end,
// and commas where stops belong.
func plainEmail(s string) string {
	s = norm.NFKC.String(s)
	if i, j := strings.LastIndexByte(s, '<'), strings.LastIndexByte(s, '>'); i >= 0 && j > i {
		s = s[i+1 : j]
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	const scheme = "mailto:"
	if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
		s = s[len(scheme):]
	}
	s = strings.Trim(s, `.,;:'"()[]<>`)
	s = strings.ReplaceAll(s, "@@", "@")
	local, domain, _ := strings.Cut(s, "@")
	domain = strings.NewReplacer(",", ".", ";", ".").Replace(domain)
	for strings.Contains(domain, "..") {
		domain = strings.ReplaceAll(domain, "..", ".")
	}
	return strings.Trim(local, ".") + "@" + strings.Trim(domain, ".-")
}

// nearest is the one domain, allowed or an agency's, that is a single slip away,
// and empty where there is none or several.
func (r Rules) nearest(domain string) string {
	if r.near != nil {
		if near, ok := r.near.Load(domain); ok {
			return near.(string)
		}
	}
	near := only(r.knownNear(domain))
	if near == "" {
		near = only(r.governmentNear(domain))
	}
	if r.near != nil {
		r.near.Store(domain, near)
	}
	return near
}

func only(found map[string]bool) string {
	if len(found) != 1 {
		return ""
	}
	for d := range found {
		return d
	}
	return ""
}

func (r Rules) knownNear(domain string) map[string]bool {
	found := map[string]bool{}
	for d := range r.Allowed {
		if !address.Wildcard(d) && OneSlip(domain, d) {
			found[d] = true
		}
	}
	if r.Agencies != nil {
		for _, d := range r.Agencies() {
			if OneSlip(domain, d) {
				found[d] = true
			}
		}
	}
	return found
}

// governmentNear are the domains of which only the end, that of every agency, is
// a slip away. Another country's government is no slip.
func (r Rules) governmentNear(domain string) map[string]bool {
	found := map[string]bool{}
	labels, parent := strings.Split(domain, "."), strings.Split(r.Government.Parent, ".")
	for n := len(parent) - 1; n <= len(parent)+1; n++ {
		if n < 1 || n >= len(labels) {
			continue
		}
		end := labels[len(labels)-n:]
		if !OneSlip(strings.Join(end, "."), r.Government.Parent) || n == len(parent) && otherCountry(end[n-1], parent[n-1]) {
			continue
		}
		if d := strings.Join(labels[:len(labels)-n], ".") + "." + r.Government.Parent; r.Government.Officer(d) {
			found[d] = true
		}
	}
	return found
}

// otherCountry says whether a label of two letters may be another country's: one
// letter is another one.
func otherCountry(label, home string) bool {
	return len(label) == 2 && len(home) == 2 && (label[0] == home[0]) != (label[1] == home[1])
}

// OneSlip says whether two texts differ by one slip of the keyboard: a byte more,
// a byte less, another byte, or two neighbours swapped (a Damerau-Levenshtein
// distance of 1). It takes time in proportion to their length.
func OneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// letters are those that no decomposition makes plain.
var letters = strings.NewReplacer("ß", "ss", "ø", "o", "đ", "d", "ł", "l", "æ", "ae", "œ", "oe", "ı", "i", "’", "", "'", "", "`", "")

// plainLetters is a text in lower case without accents.
func plainLetters(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(strings.ToLower(s)))
	return letters.Replace(s)
}

// usernameOf is the username that names make: their letters and digits, with
// periods between the parts.
func usernameOf(names string) string {
	parts := strings.FieldsFunc(plainLetters(names), func(r rune) bool { return r < '0' || r > '9' && r < 'a' || r > 'z' })
	return cutUsername(strings.Join(parts, "."))
}

func cutUsername(s string) string {
	return strings.TrimRight(s[:min(len(s), MaxUsername)], "._-")
}

// meantUsername takes the suffix and the accents off a username, and makes
// periods of its blanks. What has other characters is not guessed at.
func meantUsername(typed string) string {
	s := strings.TrimSuffix(plainLetters(strings.TrimSpace(typed)), UsernameSuffix)
	parts := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '.' || r == ',' || r == '/' })
	return strings.Trim(strings.Join(parts, "."), "._-")
}

// meantCountry is 65 where that is said in another way.
func meantCountry(typed string) string {
	switch s := strings.ToLower(strings.TrimSpace(typed)); s {
	case "sg", "sgp", "singapore", "s'pore", "sg65", "sg+65", "sg (+65)", "singapore (+65)", "singapore (65)":
		return HomeCountry
	default:
		s = strings.TrimLeft(strings.Trim(floating.ReplaceAllString(bare(s), "$1"), "()+"), "0")
		if s == HomeCountry || s == HomeCountry+HomeCountry {
			return HomeCountry
		}
		return ""
	}
}

var (
	// floating is a number that a program has written with decimals.
	floating = regexp.MustCompile(`^(\d+)\.0+$`)
	// numberish is all that stands around the digits of one number.
	numberish = regexp.MustCompile(`^(?:(?:tel|hp|mobile|phone|sg)\b[.:]?)?[\d\s()+./:_-]+$`)
)

// meantNumber is the eight digits of a number with a country code too many, zeros
// before it, or marks between the digits.
func meantNumber(typed string) string {
	s := separators.Replace(strings.ToLower(norm.NFKC.String(typed)))
	if !numberish.MatchString(s) {
		return ""
	}
	s = floating.ReplaceAllString(strings.TrimSpace(s), "$1")
	s = strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	s = strings.TrimLeft(s, "0")
	for len(s) > 8 && strings.HasPrefix(s, HomeCountry) {
		s = strings.TrimLeft(s[len(HomeCountry):], "0")
	}
	return s
}
