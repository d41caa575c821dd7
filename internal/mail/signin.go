package mail

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

type signInView struct{ Subject, Code, ValidFor string }

// SignInCode makes the mail with a one-time code of six digits. No other number
// of six digits stands in it, so a program can read the code. validFor is at
// most a day and shown in whole minutes. It fails on anything else, and on a
// recipient that is not one plain address.
func SignInCode(to, code string, validFor time.Duration) (Message, error) {
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		return Message{}, errors.New("mail: a sign-in code has six digits")
	}
	if validFor < time.Minute || validFor > 24*time.Hour {
		return Message{}, errors.New("mail: a sign-in code is valid for one minute to one day")
	}
	return signInCode.render(to, signInView{
		Subject:  signInCode.subject,
		Code:     code,
		ValidFor: count(int(validFor.Minutes()), "minute"),
	})
}

// NoSignInCode makes the mail to whom asks for a code and signs in at a provider.
// It fails on a recipient that is not one plain address.
func NoSignInCode(to, provider string) (Message, error) {
	return noCode.render(to, struct{ Subject, Provider string }{noCode.subject, oneLine(provider)})
}

// count returns a number with its noun in the singular or plural.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
