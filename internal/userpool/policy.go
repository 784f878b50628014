package userpool

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PasswordPolicy is what a pool asks of passwords.
type PasswordPolicy struct {
	MinLength     int32
	Upper         bool
	Lower         bool
	Number        bool
	Symbol        bool
	TemporaryDays int32 // days that a temporary password works
	History       int32 `json:",omitempty"` // the last passwords, which cannot be set again
}

const maxPassword = 256 // characters

// symbols are the characters that count as symbols, beside a space inside.
const symbols = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-"

// defaultPolicy is what a pool gets that names none.
func defaultPolicy() PasswordPolicy {
	return PasswordPolicy{MinLength: 8, Upper: true, Lower: true, Number: true, Symbol: true, TemporaryDays: 7}
}

// Check refuses a password that the policy does not allow, in AWS's words.
func (p PasswordPolicy) Check(password string) error {
	length := utf8.RuneCountInString(password)
	if password == "" || !utf8.ValidString(password) || strings.TrimSpace(password) != password {
		return invalid(textPasswordPattern)
	}
	var upper, lower, number, symbol bool
	for _, r := range password {
		switch {
		case unicode.IsControl(r):
			return invalid(textPasswordPattern)
		case unicode.IsUpper(r):
			upper = true
		case unicode.IsLower(r):
			lower = true
		case '0' <= r && r <= '9':
			number = true
		case r == ' ' || strings.ContainsRune(symbols, r):
			symbol = true
		}
	}
	switch {
	case length < int(p.MinLength):
		return badPassword(textPolicyLength)
	case length > maxPassword:
		return badPassword(textPolicyTooLong)
	case p.Lower && !lower:
		return badPassword(textPolicyLower)
	case p.Upper && !upper:
		return badPassword(textPolicyUpper)
	case p.Number && !number:
		return badPassword(textPolicyNumber)
	case p.Symbol && !symbol:
		return badPassword(textPolicySymbol)
	}
	return nil
}

// generate makes a random password that the policy allows: one character of
// each class (whether asked for or not) and the rest from all, about 75 bits or more.
func (p PasswordPolicy) generate(random io.Reader) (string, error) {
	const (
		// Without those that are mistaken for each other, since people type these from a message.
		uppers  = "ABCDEFGHJKLMNPQRSTUVWXYZ"
		lowers  = "abcdefghijkmnopqrstuvwxyz"
		numbers = "23456789"
		marks   = "!@#%*+-=_"
	)
	var text []byte
	for _, class := range []string{uppers, lowers, numbers, marks} {
		one, err := randomText(random, class, 1)
		if err != nil {
			return "", err
		}
		text = append(text, one...)
	}
	rest, err := randomText(random, uppers+lowers+numbers+marks, max(10, int(p.MinLength)-len(text)))
	if err != nil {
		return "", err
	}
	text = append(text, rest...)
	// Shuffled (Fisher-Yates), so that the classes do not stand in known places.
	for i := len(text) - 1; i > 0; i-- {
		j, err := below(random, i+1)
		if err != nil {
			return "", err
		}
		text[i], text[j] = text[j], text[i]
	}
	return string(text), nil
}

// below draws a number in [0, n), each equally likely; n is at most 256.
func below(random io.Reader, n int) (int, error) {
	var b [1]byte
	for {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return 0, err
		}
		if int(b[0]) < 256-256%n {
			return int(b[0]) % n, nil
		}
	}
}
