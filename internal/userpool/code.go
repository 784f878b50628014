package userpool

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// Code is a code that was sent to a user, without the code itself: its keyed
// hash is all that is kept. A user has one for each purpose; a new one replaces
// the one before. It works once, for the purpose, client and user it was made
// for, and only while the user still has the address that it was sent to.
type Code struct {
	ID       string // keyed hash of pool, user, purpose and, of a verification, attribute
	PoolID   string
	Sub      string // or what stands for a user who does not exist
	ClientID string `json:",omitempty"` // "": asked for by an administrator, and good with every client
	Purpose  codePurpose

	Attribute string `json:",omitempty"` // where it was sent: email or phone_number,
	Value     string `json:",omitempty"` // as it was then
	Pending   bool   `json:",omitempty"` // the attribute takes the value when the code comes back

	Hash    string
	Issued  time.Time
	Expires int64 // Unix milliseconds
	Wrong   int   // answers that were not it
}

type codePurpose string

const (
	codeSignUp   codePurpose = "sign-up"
	codePassword codePurpose = "forgot-password"
	codeVerify   codePurpose = "attribute-verification"
	codeSignIn   codePurpose = "sign-in"
)

const (
	codeDigits = 6
	maxAnswer  = 2048 // bytes
	// maxWrong is how many wrong answers end a code. Of a million codes, that
	// leaves whoever guesses one chance in 66,000 for each code.
	maxWrong = 15
)

// lifetime is how long a code works.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
func (p codePurpose) lifetime() time.Duration {
	if p == codePassword {
		return time.Hour
	}
	return 24 * time.Hour
}

var codeTable = store.NewTable(store.Schema[Code]{
	Table: "user_pool_codes",
	Key:   []store.Column[Code]{{Name: "id", Value: func(c *Code) any { return c.ID }}},
	Columns: []store.Column[Code]{
		{Name: "pool_id", Value: func(c *Code) any { return c.PoolID }},
		{Name: "sub", Value: func(c *Code) any { return c.Sub }},
		{Name: "expires", Value: func(c *Code) any { return c.Expires }},
	},
})

// codeID names the code of a user for a purpose. attribute is "" but for verifications.
func (s *Service) codeID(poolID, sub string, purpose codePurpose, attribute string) string {
	return hex.EncodeToString(s.keys.MAC(keyring.Tokens, "code-of", poolID, sub, string(purpose), attribute))
}

func (s *Service) codeHash(id, text string) string {
	return hex.EncodeToString(s.keys.MAC(keyring.Tokens, "code", id, text))
}

// newCode draws a code for a user and purpose. The text goes to the user and nowhere else.
func (s *Service) newCode(poolID, sub, clientID string, purpose codePurpose, attribute, value string, now time.Time) (c *Code, text string, err error) {
	if text, err = randomText(s.random, "0123456789", codeDigits); err != nil {
		return nil, "", err
	}
	one := "" // for the other purposes a user has one code, wherever it was sent
	if purpose == codeVerify {
		one = attribute
	}
	c = &Code{
		ID: s.codeID(poolID, sub, purpose, one), PoolID: poolID, Sub: sub, ClientID: clientID, Purpose: purpose,
		Attribute: attribute, Value: value, Issued: now, Expires: now.Add(purpose.lifetime()).UnixMilli(),
	}
	c.Hash = s.codeHash(c.ID, text)
	return c, text, nil
}

// keepCode puts a code in the place of the one before.
func keepCode(ctx context.Context, tx *store.Tx, c *Code) error {
	_, err := codeTable.Update(ctx, tx, func(before *Code) error {
		*before = *c
		return nil
	}, c.ID)
	if errors.Is(err, store.ErrNotFound) {
		err = codeTable.Insert(ctx, tx, c)
	}
	return err
}

// tryCode holds an answer against the code of that id and returns the code if
// the answer is right. It counts a wrong one; the last that is allowed ends the
// code. The code still works afterwards: useCode uses it up.
func (s *Service) tryCode(ctx context.Context, id, clientID, answer string, now time.Time) (*Code, error) {
	var right *Code
	var verdict error
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		right, verdict = nil, nil
		c, err := codeTable.Get(ctx, tx, id)
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && now.UnixMilli() >= c.Expires:
			verdict = codeExpired()
			return nil
		case err != nil:
			return err
		}
		matches := len(answer) <= maxAnswer && subtle.ConstantTimeCompare([]byte(c.Hash), []byte(s.codeHash(id, answer))) == 1
		if matches && (c.ClientID == "" || c.ClientID == clientID) {
			right = c
			return nil
		}
		verdict = codeMismatch()
		if c.Wrong+1 >= maxWrong {
			return codeTable.Delete(ctx, tx, id)
		}
		_, err = codeTable.Update(ctx, tx, func(c *Code) error {
			c.Wrong++
			return nil
		}, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return right, verdict
}

// useCode uses up a code that tryCode returned, in the transaction that does
// what it is for. Of two who come with one code, the second finds it gone.
func useCode(ctx context.Context, tx *store.Tx, c *Code) error {
	kept, err := codeTable.Get(ctx, tx, c.ID)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && kept.Hash != c.Hash:
		return codeExpired()
	case err != nil:
		return err
	}
	return codeTable.Delete(ctx, tx, c.ID)
}

// dropCode forgets a code that nothing is left for.
func dropCode(ctx context.Context, tx *store.Tx, id string) error {
	err := codeTable.Delete(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
