package srp

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"time"
)

// timeLayout is Java's "EEE MMM d HH:mm:ss z yyyy", in English and UTC: the day
// has no leading zero, the time of day has.
const timeLayout = "Mon Jan 2 15:04:05 UTC 2006"

// ErrTime: a timestamp is not of the form "Sat Nov 7 09:03:07 UTC 2026".
var ErrTime = errors.New("srp: not a timestamp")

// FormatTime is the TIMESTAMP of an instant.
func FormatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// ParseTime reads a TIMESTAMP. A day with a leading zero or of another weekday is
// read as well; FormatTime of the result is what a proof must be about.
func ParseTime(text string) (time.Time, error) {
	t, err := time.Parse(timeLayout, text)
	if err != nil || t.Year() < 1 {
		return time.Time{}, ErrTime
	}
	return t, nil
}

// Proof is what shows that somebody has the key: PASSWORD_CLAIM_SIGNATURE, about
// the server's block (the bytes that SECRET_BLOCK is the base64 of) and a time.
func (k Key) Proof(id Identity, block []byte, timestamp string) []byte {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(id.Pool))
	mac.Write([]byte(id.User))
	mac.Write(block)
	mac.Write([]byte(timestamp))
	return mac.Sum(nil)
}

// Proves compares a proof with the right one, in constant time.
func (k Key) Proves(proof []byte, id Identity, block []byte, timestamp string) bool {
	return len(k) == KeyBytes && hmac.Equal(proof, k.Proof(id, block, timestamp))
}
