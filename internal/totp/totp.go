// Package totp is time-based one-time passwords as authenticator apps make them:
// RFC 6238 with HMAC-SHA-1, six digits and steps of 30 seconds. It knows neither
// users nor what was used before: the caller keeps the step of the last code.
package totp

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"time"
)

const (
	Digits    = 6
	Period    = 30 * time.Second
	SeedBytes = 32 // as AWS's; RFC 4226 asks for 16 at least and recommends 20

	// drift is how many steps a clock may be off, and how many a person may be
	// slow, either way.
	drift = 1
)

// Step is the number of the period that at lies in.
func Step(at time.Time) int64 {
	seconds, period := at.Unix(), int64(Period/time.Second)
	if seconds < 0 { // a period begins at its beginning before 1970, too
		return (seconds - period + 1) / period
	}
	return seconds / period
}

// Code is the password of a step.
func Code(seed []byte, step int64) string {
	mac := hmac.New(sha1.New, seed)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	// RFC 4226, section 5.3: the last four bits say where the 31 bits lie.
	from := sum[len(sum)-1] & 0x0f
	number := binary.BigEndian.Uint32(sum[from:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", Digits, number%1_000_000)
}

// Match returns the latest step around at whose code text is. It takes as long
// for a wrong code as for a right one.
func Match(seed []byte, text string, at time.Time) (step int64, ok bool) {
	now := Step(at)
	for s := now - drift; s <= now+drift; s++ {
		if subtle.ConstantTimeCompare([]byte(Code(seed, s)), []byte(text)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// Text is a seed as people type it into their app: base32 without padding.
func Text(seed []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed)
}
