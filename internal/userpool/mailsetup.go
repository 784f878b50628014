package userpool

import (
	"context"
	"maps"
	"slices"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// Where a second factor is required and somebody has none, MFA_SETUP also takes
// EMAIL, an address to send codes to, as Amplify offers it:
//
//	MFA_SETUP, EMAIL -> code -> EMAIL_OTP -> the address is the user's, and verified -> tokens
//
// Until the code comes back the address stands in the challenge alone, so nobody
// gets into an account an address that is not theirs.

// setsUpMail says whether the user may still set up codes by mail: who has an
// address, or any second factor, has to prove what they have.
func (a attempt) setsUpMail(u *User) bool {
	return a.pool.offers(FactorEmail) && u.Attributes[attributeEmail] == "" && len(a.pool.secondFactorsOf(u)) == 0
}

// mayAnswer says whether the challenge of a factor may still be answered.
func (a attempt) mayAnswer(u *User, f Factor) bool {
	if a.progress.Mail != "" {
		return f == FactorEmail && a.setsUpMail(u)
	}
	return slices.Contains(a.pool.secondFactorsOf(u), f)
}

// setUpMail sends a code to the address that somebody says is theirs.
func (s *Service) setUpMail(ctx context.Context, call *access.Call, a attempt, r reply, address string) (*answered, error) {
	if !a.setsUpMail(r.user) {
		return nil, notAuthorized(textSessionInvalid)
	}
	who := &session{pool: a.pool, client: a.client, user: r.user}
	if err := who.mayChange(map[string]string{attributeEmail: address}); err != nil {
		return nil, err
	}
	u := *r.user
	u.Attributes = maps.Clone(u.Attributes)
	if u.Attributes == nil {
		u.Attributes = map[string]string{}
	}
	u.Attributes[attributeEmail] = address
	a.progress.Mail = address
	return s.askFactor(ctx, call, a, &u, FactorEmail, r.challenge)
}

// keepMail makes the address the user's that the code has proved. One that is
// another account's name is refused.
func (a attempt) keepMail(ctx context.Context, tx *store.Tx, r reply, code *Code, u **User) (err error) {
	*u, err = updateUser(ctx, tx, a.pool.Pool, r.user.NameKey, func(u *User) error {
		if err := r.challenge.stillOf(u); err != nil {
			return err
		}
		if code.Value != a.progress.Mail || !a.setsUpMail(u) {
			return codeExpired()
		}
		u.setAttributes(map[string]string{attributeEmail: code.Value})
		u.setAttributes(map[string]string{verifiedOf(attributeEmail): "true"})
		return nil
	})
	return err
}
