package userpool

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// refreshHeader is the header of AWS's refresh tokens, {"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}.
// Ours look alike, because clients look at them.
const refreshHeader = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ"

const (
	maxToken     = 8 << 10 // bytes of any token that a client shows
	grantIDBytes = 32
	tokenBytes   = 92 // of which the four parts after the header are made
)

// layOut gives bytes the five parts of AWS's refresh tokens.
func layOut(b [tokenBytes]byte) string {
	encode := base64.RawURLEncoding.EncodeToString
	return strings.Join([]string{refreshHeader, encode(b[:32]), encode(b[32:44]), encode(b[44:76]), encode(b[76:])}, ".")
}

// newRefreshToken is the first refresh token of a sign-in: randomness, of which
// the keyed hash is kept.
func (s *Service) newRefreshToken() (string, error) {
	var b [tokenBytes]byte
	if _, err := io.ReadFull(s.random, b[:]); err != nil {
		return "", err
	}
	return layOut(b), nil
}

func (s *Service) grantID(token string) string {
	return hex.EncodeToString(s.keys.MAC(keyring.Tokens, "refresh-token", token))
}

// rotatedToken is the refresh token of a later generation. Nothing of it is kept:
// it names its grant and its generation, and only this server can make the rest.
// So whatever token of a sign-in comes back, and however late, it is known to be
// one, at the price of a number in the grant; and who asks twice is told the same.
func (s *Service) rotatedToken(grantID string, generation int64) (string, error) {
	var b [tokenBytes]byte
	if n, err := hex.Decode(b[:grantIDBytes], []byte(grantID)); err != nil || n != grantIDBytes {
		return "", errors.New("userpool: a grant has an id of another form")
	}
	binary.BigEndian.PutUint64(b[36:44], uint64(generation))
	copy(b[44:], s.keys.MAC(keyring.Tokens, "rotated-refresh-token", "1", grantID, strconv.FormatInt(generation, 10)))
	copy(b[76:], s.keys.MAC(keyring.Tokens, "rotated-refresh-token", "2", grantID, strconv.FormatInt(generation, 10)))
	return layOut(b), nil
}

// readRefreshToken says which grant a token is of, and of which generation. What
// was never issued is of a grant that does not exist.
func (s *Service) readRefreshToken(token string) (grantID string, generation int64) {
	if parts := strings.Split(token, "."); len(parts) == 5 {
		id, err := base64.RawURLEncoding.DecodeString(parts[1])
		number, err2 := base64.RawURLEncoding.DecodeString(parts[2])
		if err == nil && err2 == nil && len(id) == grantIDBytes && len(number) == 12 {
			grantID, generation = hex.EncodeToString(id), int64(binary.BigEndian.Uint64(number[4:]))
			made, err := s.rotatedToken(grantID, generation)
			if err == nil && generation > 0 && subtle.ConstantTimeCompare([]byte(made), []byte(token)) == 1 {
				return grantID, generation
			}
		}
	}
	return s.grantID(token), 0
}

const (
	maxGrace    = time.Minute // RetryGracePeriodSeconds
	maxReplaced = 64          // tokens that are in their grace at once
)

// takes says whether the grant's token of that generation is good: the newest,
// or one that was replaced no longer ago than grace. A newer one than the grant
// knows of was issued too, before the database was set back to an earlier state.
func (g *Grant) takes(generation int64, grace time.Duration, now time.Time) bool {
	if generation >= g.Generation {
		return true
	}
	ago := g.Generation - 1 - generation
	return grace > 0 && ago < int64(len(g.Replaced)) && now.UnixMilli() < g.Replaced[ago]+grace.Milliseconds()
}

// replace makes the next generation the good one.
func (g *Grant) replace(generation int64, now time.Time) {
	before := g.Replaced
	if generation > g.Generation {
		before = nil
	}
	g.Generation, g.Replaced = generation+1, []int64{now.UnixMilli()}
	for _, at := range before {
		if len(g.Replaced) < maxReplaced && now.UnixMilli() < at+maxGrace.Milliseconds() {
			g.Replaced = append(g.Replaced, at)
		}
	}
}

// rotate gives the next refresh token for one of that generation. Of several who
// come with one token, the first moves the grant on; the others are told the same
// next token while the grace lasts, and without grace they have used a token
// again. So a sign-in has one line of tokens: who took a copy cannot go on in a
// line of their own.
func (s *Service) rotate(ctx context.Context, g *Grant, generation int64, c *clientState, now time.Time) (string, error) {
	var verdict error
	after, err := grantTable.Update(ctx, s.db, func(g *Grant) error {
		verdict = nil
		switch {
		case g.Revoked:
			verdict = notAuthorized(textRefreshRevoked)
		case !g.takes(generation, c.grace(), now):
			g.Revoked, verdict = true, refreshReused()
		case generation >= g.Generation:
			g.replace(generation, now)
		}
		return nil
	}, g.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "", notAuthorized(textRefreshInvalid)
	case err != nil:
		return "", err
	case verdict != nil:
		return "", verdict
	}
	return s.rotatedToken(after.ID, after.Generation)
}

// reused ends a sign-in of which a replaced token came back: one of two holds a copy.
func (s *Service) reused(ctx context.Context, g *Grant) error {
	_, err := grantTable.Update(ctx, s.db, func(g *Grant) error {
		g.Revoked = true
		return nil
	}, g.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return refreshReused()
}
