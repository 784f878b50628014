package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Skew is how far the signer's clock may be off.
const (
	SkewControl = 15 * time.Minute // control-plane APIs
	SkewExecute = 5 * time.Minute  // execute-api
)

// Params is what a signature is held against.
type Params struct {
	Secret  string // the secret access key; "" never verifies
	Now     time.Time
	Skew    time.Duration
	Service string // required service of the scope; "" for any: the caller must then dispatch by Signature.Service
	Region  string // required region of the scope; "" for any
	Body    []byte // the whole body, as received
	Keys    *KeyCache
	// Exact accepts a signature over the path as it was sent alone, not one over
	// its normal form. It is for services to which /a//b is not /a/b.
	Exact bool
}

// Check holds the signature against the clock and the scope, in AWS's order.
// It needs no secret and no body. Its errors are *Error of kinds Expired,
// NotYet, Incomplete and WrongScope.
func (s *Signature) Check(p Params) error {
	if err := s.checkTime(p.Now.UTC(), p.Skew); err != nil {
		return err
	}
	if !s.shaped {
		return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" + s.credential + "'")
	}
	var wrong []string
	if s.Region == "" || p.Region != "" && s.Region != p.Region {
		wrong = append(wrong, "Credential should be scoped to a valid region, not '"+s.Region+"'.")
	}
	if s.Service == "" || p.Service != "" && s.Service != p.Service {
		wrong = append(wrong, "Credential should be scoped to correct service: '"+p.Service+"'.")
	}
	if s.end != terminator {
		wrong = append(wrong, "Credential should be scoped with a valid terminator: '"+terminator+"', not '"+s.end+"'.")
	}
	if day := s.stamp[:8]; s.Day != day {
		wrong = append(wrong, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '"+
			s.Day+"' != '"+day+"', from '"+s.stamp+"'.")
	}
	if wrong != nil {
		return &Error{WrongScope, strings.Join(wrong, " ")}
	}
	return nil
}

func (s *Signature) checkTime(now time.Time, skew time.Duration) error {
	if limit := now.Add(skew); s.Time.After(limit) {
		return &Error{NotYet, fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %s)",
			s.stamp, limit.Format(basicISO), now.Format(basicISO), span(skew))}
	}
	life := skew
	if s.Expires > 0 {
		life = s.Expires
	}
	if limit := now.Add(-life); s.Time.Before(limit) {
		return &Error{Expired, fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %s)",
			s.stamp, limit.Format(basicISO), now.Format(basicISO), span(life))}
	}
	return nil
}

func span(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min.", d/time.Minute)
	}
	return fmt.Sprintf("%d sec.", d/time.Second)
}

// Verify runs Check and then holds the signature against the request and its
// body. nil means that whoever sent it knew the secret, and meant exactly this
// request. Beyond Check's errors it returns *Error of kinds Mismatch and UnknownKey.
func (s *Signature) Verify(p Params) error {
	if err := s.Check(p); err != nil {
		return err
	}
	if p.Secret == "" { // anybody can sign with nothing
		return ErrUnknownKey
	}
	if name, ok := s.absent(); ok {
		return &Error{Mismatch, "'" + name + "' is a 'SignedHeader' but the request does not have it."}
	}
	sum := sha256.Sum256(p.Body)
	bodyHash := hex.EncodeToString(sum[:])
	if claimed := s.request.header["X-Amz-Content-Sha256"]; len(claimed) > 0 && claimed[0] != bodyHash {
		return &Error{Mismatch, "The provided 'x-amz-content-sha256' header does not match what was computed."}
	}

	key := p.Keys.signingKey(p.Secret, s.AccessKeyID, s.Day, s.Region, s.Service)
	path := s.request.path
	if !p.Exact {
		path = normalised(path)
	}
	canonical := s.canonical(path, bodyHash)
	toSign := s.stringToSign(canonical)
	good := s.matches(key, toSign)
	if !good && path != s.request.path {
		// Not every SDK normalises. A signature over the very path that was sent binds more, not less.
		good = s.matches(key, s.stringToSign(s.canonical(s.request.path, bodyHash)))
	}
	if !good {
		return mismatch(shown(canonical), string(toSign))
	}
	p.Keys.keep(key, p.Secret, s.AccessKeyID, s.Day, s.Region, s.Service)
	return nil
}

func (s *Signature) stringToSign(canonical []byte) []byte {
	sum := sha256.Sum256(canonical)
	dst := make([]byte, 0, 192)
	dst = append(dst, algorithm+"\n"...)
	dst = append(dst, s.stamp...)
	dst = append(dst, '\n')
	dst = append(dst, s.Day...)
	dst = append(dst, '/')
	dst = append(dst, s.Region...)
	dst = append(dst, '/')
	dst = append(dst, s.Service...)
	dst = append(dst, '/')
	dst = append(dst, s.end...)
	dst = append(dst, '\n')
	return hex.AppendEncode(dst, sum[:])
}

// matches compares in constant time. Only lower-case hex of full length can match.
func (s *Signature) matches(key [32]byte, toSign []byte) bool {
	var want [64]byte
	mac := sum(key[:], toSign)
	hex.Encode(want[:], mac[:])
	return subtle.ConstantTimeCompare(want[:], []byte(s.signature)) == 1
}

func sum(key, message []byte) (mac [32]byte) {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	h.Sum(mac[:0])
	return mac
}
